/**
 * A log that was put back to an older copy, told by what stands beside it and has seen more: new events would take the
 * places of the lost ones and never be delivered. So it becomes another log by its id, or is not served.
 */
import { replaceLog, serverAggregate } from '../../commands/server/server.js'
import { serverStream } from '../../events/server.js'
import type { Checkpoints } from '../../ports/checkpoints.js'
import type { EventStore } from '../../ports/eventStore.js'
import { origin } from '../../ports/position.js'
import type { Position } from '../../ports/position.js'
import type { Random } from '../../ports/random.js'
import type { Standing } from '../../ports/standing.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { derivedId } from '../../streams/commandId.js'
import type { Streams } from '../../streams/streams.js'

/** `head`: where the log ends; `name` has seen it up to `position`. */
export type Rollback = { readonly head: Position; readonly name: string; readonly position: Position }

/** Undefined when everything that follows this log is within it. `head`: as it was before this run wrote anything. */
export const rollbackOf = async (
  events: EventStore,
  logId: string,
  standings: readonly Standing[],
  head: Position,
): Promise<Rollback | undefined> => {
  const ofThisLog = standings.filter((standing) => standing.logId === logId)
  const [first, ...others] = ofThisLog
  if (first === undefined) return undefined
  // Whatever it has grown to: it was given up for another, and its cursors are those of that history.
  const givenUp = ofThisLog.find(({ name }) => name === givenUpName(logId))
  if (givenUp !== undefined) return { head, name: givenUp.name, position: givenUp.position }
  const furthest = others.reduce((far, one) => (one.position > far.position ? one : far), first)
  if (furthest.position > head) return { head, name: furthest.name, position: furthest.position }
  for (const { name, position, last } of ofThisLog)
    if (last !== undefined && (await isLost(events, last))) return { head, name, position }
  return undefined
}

/** Streams are truncated, but never to their last event: one that ends before a revision, or has another event there, went back. */
const isLost = async (
  events: EventStore,
  { stream, revision, id }: NonNullable<Standing['last']>,
): Promise<boolean> => {
  const [found] = await events.readStream(stream, { from: revision, limit: 1 })
  return found === undefined || (found.revision === revision && found.id !== id)
}

/** Remembered among the checkpoints: the same copy may be put back a second time. */
const givenUpName = (logId: string): string => `log ${logId}, given up,`

export const toldOf = ({ head, name, position }: Rollback): string =>
  `the log was put back to an older copy: it ends at ${head}, and ${name} has seen it up to ${position}`

/**
 * Makes the log another one, once for each id: it answers the new id. At the time of the newest event, since what is
 * written at a start is no argument about the clock.
 */
export const giveAnotherId = async (
  { events, streams, random }: { readonly events: EventStore; readonly streams: Streams; readonly random: Random },
  logId: string,
  reason: 'restore' | 'import',
): Promise<string> => {
  const at = (await events.newest())?.meta.at ?? 0
  const context = { id: derivedId('another log', logId), bodyHash: reason, at }
  const replacing = replaceLog({ logId: toBase64url(random.bytes(9)), reason })
  const outcome = await streams.execute(serverAggregate, serverStream, context, replacing)
  if ('rejected' in outcome || outcome.state.status === 'new') throw new Error('the log refuses another id')
  return outcome.state.logId
}

/** Goes on with a log that was put back, under another id, which it answers; the former one is never served again. */
export const goOn = async (
  log: Parameters<typeof giveAnotherId>[0],
  checkpoints: Pick<Checkpoints, 'save'>,
  logId: string,
  { position }: Rollback,
): Promise<string> => {
  await checkpoints.save(givenUpName(logId), logId, position)
  return giveAnotherId(log, logId, 'restore')
}

/** The end of a log as it was found before a run wrote to it. */
export const endOf = (newest: { readonly position: Position } | undefined): Position => newest?.position ?? origin
