/** What belongs together in a log by request, command and cause: from wherever one begins, to the first cause and all that followed. */
import type { EventStore, StoredEvent } from '../../ports/eventStore.js'
import { origin } from '../../ports/position.js'
import type { Position } from '../../ports/position.js'

const pageEvents = 500
/** Events in one trace; a log in which more follow from one has no use for a list of them. */
const traceMax = 10_000

type Log = Pick<EventStore, 'readAll'>

/** By the id of a request, an event or a command, or by a position: in log order, so causes come before what follows. [] when nothing has it. */
export const traceOf = async (events: Log, id: string): Promise<readonly StoredEvent[]> => {
  const roots = await rootsOf(events, id)
  if (roots.size === 0) return []
  const found: StoredEvent[] = []
  /** Ids of events and of requests that are in the trace. */
  const known = new Set(roots)
  for await (const event of eachEvent(events)) {
    const { request, cause, command } = event.meta
    const belongs = [event.id, request, cause, command].some((one) => one !== undefined && one !== '' && known.has(one))
    if (!belongs) continue
    known.add(event.id)
    found.push(event)
    if (found.length === traceMax) return found
  }
  return found
}

/** Up to the first cause, and the request that it came by: what all else follows from. */
const rootsOf = async (events: Log, id: string): Promise<ReadonlySet<string>> => {
  /** Of events that have a cause, or a request: the step up. Others are roots of nothing but themselves. */
  const above = new Map<string, string>()
  const named = new Set<string>()
  for await (const event of eachEvent(events)) {
    const { request, cause, command } = event.meta
    const up = cause ?? request
    if (up !== undefined) above.set(event.id, up)
    if ([event.id, request, command, String(event.position)].includes(id)) named.add(event.id)
  }
  const roots = new Set<string>()
  for (const one of named) {
    const passed = new Set<string>()
    let root = one
    for (let up = above.get(root); up !== undefined && !passed.has(up); up = above.get(root)) {
      passed.add(up)
      root = up
    }
    roots.add(root)
  }
  return roots
}

async function* eachEvent(events: Log): AsyncGenerator<StoredEvent> {
  for (let after: Position = origin; ;) {
    const page = await events.readAll({ after, limit: pageEvents })
    yield* page
    after = page.at(-1)?.position ?? after
    if (page.length < pageEvents) return
  }
}
