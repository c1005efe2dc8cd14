/** Whom a message is for, where it is not for everybody: leaves at its epoch, a few, and a few such messages. */
import { z } from 'zod'
import { described, leafIndexField } from '../../contract/fields.js'
import type { Limits } from '../../limits/limits.js'
import { keepNewest } from '../../structures/newest.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { By } from '../../commands/group/access.js'

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

export const refuseTargets = (
  targets: readonly number[],
  { targetsMax }: Pick<Limits, 'targetsMax'>,
): Rejected | undefined => {
  if (targets.length > targetsMax) return reject({ code: 'limit-reached', limit: 'targetsMax', max: targetsMax })
  if (new Set(targets).size === targets.length) return undefined
  return reject({ code: 'malformed', detail: 'targets: a leaf stands twice' })
}

/** Senders and epochs whose targeted messages are counted; the oldest is forgotten. */
const countedMax = 50_000

export type TargetedCounts = {
  /** Counts one more, unless there are as many as there may be. */
  readonly take: (by: By, group: string, epoch: bigint) => Rejected | undefined
  /** It was a repeat, or did not come to pass. */
  readonly giveBack: (by: By, group: string, epoch: bigint) => void
}

/** In memory, since this start: a sender stands in no fact, and whoever sends more harms who cannot follow it: its own readers. */
export const countTargeted = (limits: Pick<Limits, 'targetedPerEpochMax'>): TargetedCounts => {
  const counts = keepNewest<string, number>(countedMax)
  const keyOf = ({ client }: By, group: string, epoch: bigint): string => `${client} ${group} ${epoch}`
  return {
    take: (by, group, epoch) => {
      const key = keyOf(by, group, epoch)
      const count = counts.get(key) ?? 0
      const { targetedPerEpochMax: max } = limits
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
