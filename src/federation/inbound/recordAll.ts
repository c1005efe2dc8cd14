/** Items above what is expected here: what was lost is asked for again, as far as the hub has it, and they follow on it. */
import type { Rejected } from '../../streams/rejection.js'
import type { Item, Notified } from '../item.js'
import type { AskBackfill } from '../peers/backfill.js'
import { PeerUnreachable } from '../peers/peerErrors.js'
import type { FollowerRecord } from '../record/record.js'

export type RecordAllDependencies = {
  readonly record: Pick<FollowerRecord, 'record'>
  /** Undefined: nothing is asked for, the hub is told what is expected. */
  readonly backfill?: AskBackfill
}

/** What the hub has to pay; why it may not. */
export type HubPays = {
  /** Before a group begins that nothing is recorded of here. */
  readonly mayBegin: () => Promise<Rejected | undefined>
  /** Before so many bytes are recorded that were asked for. */
  readonly mayTake: (bytes: number) => Promise<Rejected | undefined>
}

/** Within the time of one request; the next one goes on. */
const timesMax = 5

export const recordAll = async (
  { record, backfill }: RecordAllDependencies,
  from: Parameters<FollowerRecord['record']>[0],
  items: readonly Item[],
  { mayBegin, mayTake }: HubPays = { mayBegin: free, mayTake: free },
): Promise<Notified> => {
  let heard = await record.record(from, items)
  for (let times = 0; times < timesMax && heard.status === 'unexpected'; times++) {
    // A group begins by what is asked for as by what is sent.
    if (heard.next === 0 && (await mayBegin()) !== undefined) return heard
    const missing = await backfill?.(from.group, heard.next).catch(unlessAway)
    if (missing !== undefined && (await mayTake(bytesOf(missing))) !== undefined) return heard
    const filled = missing === undefined ? undefined : await record.record(from, missing)
    if (filled === undefined || filled.next === heard.next) return filled?.status === 'refused' ? filled : heard
    heard = await record.record(from, items)
  }
  return heard
}

const free = (): Promise<undefined> => Promise.resolve(undefined)

const bytesOf = (items: readonly Item[]): number => items.reduce((sum, { bytes }) => sum + bytes.length, 0)

const unlessAway = (error: unknown): undefined => {
  if (!(error instanceof PeerUnreachable)) throw error
}
