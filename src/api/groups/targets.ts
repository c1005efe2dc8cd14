/** Whom a message is for, where it is not for everybody: leaves at its epoch, a few, and a few such messages. */
import { z } from 'zod'
import { described, leafIndexField } from '../../contract/fields.js'
import type { Limits } from '../../limits/limits.js'
import type { ClientId, UserId } from '../../mls/wire/ids.js'
import { keepNewest } from '../../structures/newest.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'

export const targetsField = described(
  z.array(leafIndexField.refine((leaf) => leaf <= 0xffffffff, 'not a leaf index')).min(1),
  'Leaves at the message’s epoch, each once: only their queues show it. Routing, not secrecy: every member holds the key',
  [1, 4],
)

/** As a header beside message/mls: decimal, by commas. Undefined where it is none. */
export const targetsIn = (header: string): readonly number[] | Rejected => {
  const parsed = /^\d{1,10}(?:, ?\d{1,10})*$/.test(header)
    ? targetsField.safeParse(header.split(',').map(Number))
    : undefined
  return parsed?.success === true
    ? parsed.data
    : reject({ code: 'malformed', detail: 'Targets: leaf indices, by commas' })
}

/** Senders and epochs whose targeted messages are counted; the oldest is forgotten. */
const countedMax = 50_000

/** `by`: a client, or a user of another server, which says no more; `clients`: so many of it may have sent. */
export type TargetedCounts = {
  /** Counts one more, unless there are as many as there may be. */
  readonly take: (by: ClientId | UserId, group: string, epoch: bigint, clients?: number) => Rejected | undefined
  /** It was a repeat, or did not come to pass. */
  readonly giveBack: (by: ClientId | UserId, group: string, epoch: bigint) => void
}

/** In memory, since this start: a sender stands in no fact, and whoever sends more harms who cannot follow it: its own readers. */
export const countTargeted = (limits: Pick<Limits, 'targetedPerEpochMax'>): TargetedCounts => {
  const counts = keepNewest<string, number>(countedMax)
  const keyOf = (by: string, group: string, epoch: bigint): string => `${by} ${group} ${epoch}`
  return {
    take: (by, group, epoch, clients = 1) => {
      const key = keyOf(by, group, epoch)
      const count = counts.get(key) ?? 0
      const max = limits.targetedPerEpochMax * clients
      if (count >= max) return reject({ code: 'limit-reached', limit: 'targetedPerEpochMax', max })
      counts.set(key, count + 1)
      return undefined
    },
    giveBack: (by, group, epoch) => {
      const key = keyOf(by, group, epoch)
      counts.set(key, Math.max(0, (counts.get(key) ?? 0) - 1))
    },
  }
}
