/**
 * A server that has come back says so to every other that the log speaks of, once, by an empty `signals`: what they have for it, and ask of
 * it, need not wait until they try it again by themselves, which may be an hour from now.
 */
import type { Domain } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import type { Leases } from '../../ports/leases.js'
import type { Logger } from '../../ports/logger.js'
import { loudness } from '../../ports/loudness.js'
import type { OutboxView } from '../outbox/view.js'
import type { PeerRow } from '../outbox/peerRows.js'
import type { PostSignals } from '../peers/signals.js'

export type GreetDependencies = {
  readonly view: Pick<OutboxView, 'listed'>
  readonly speaksTo: (row: PeerRow) => boolean
  readonly post: PostSignals
  readonly leases: Pick<Leases, 'take'>
  /** This process. */
  readonly holder: string
  readonly clock: Pick<Clock, 'sleep'>
  readonly logger: Pick<Logger, 'debug' | 'warn' | 'error'>
}

/** One of the processes of a server that start together does it for all. */
const onceInMs = 60_000
/** At most twenty a second, and one that does not answer keeps an eighth of the others waiting. */
const linesMax = 8
const pauseMs = 400
const pageRows = 100

/** Resolves once all were tried. One that is away is not tried again: it says so itself when it comes back. */
export const greetPeers = async (deps: GreetDependencies, signal: AbortSignal): Promise<void> => {
  const { leases, holder, clock, logger } = deps
  try {
    if (!(await leases.take('greetings', holder, onceInMs))) return
    const peers = spokenTo(deps)
    const line = async (): Promise<void> => {
      for (let next = await peers.next(); next.done !== true && !signal.aborted; next = await peers.next()) {
        await greet(deps, next.value)
        await clock.sleep(pauseMs, signal)
      }
    }
    await Promise.all(Array.from({ length: linesMax }, line))
  } catch (error) {
    logger[loudness(error)]('other servers were not told that this one is back', { error: String(error) })
  }
}

const greet = async ({ post, logger }: GreetDependencies, peer: Domain): Promise<void> => {
  try {
    await post(peer, [])
  } catch (error) {
    logger.debug('another server was not told that this one is back', { peer, error: String(error) })
  }
}

async function* spokenTo({ view, speaksTo }: GreetDependencies): AsyncGenerator<Domain, undefined> {
  let after: string | undefined
  for (;;) {
    const rows = await view.listed({ after, limit: pageRows })
    for (const row of rows) if (speaksTo(row)) yield row.peer as Domain
    if (rows.length < pageRows) return undefined
    after = rows.at(-1)?.peer
  }
}
