/** Groups of another server whose record stands still because it broke a rule: the newest, as many as an operator looks at. Pure. */
import type { PeerEvent } from '../../events/peer.js'
import type { GroupId } from '../../mls/wire/ids.js'

export type BrokenGroup = {
  readonly group: GroupId
  /** Of the item that broke a rule. */
  readonly sequence: number
  readonly reason: string
  /** ms */
  readonly at: number
}

/** What is further back is looked at again when its hub sends more. */
const keptMax = 100

export type BrokeRule = Extract<PeerEvent, { type: 'PeerBrokeRule' }>['data']

export const brokenIn = (
  { broken }: { readonly broken: readonly BrokenGroup[] },
  group: GroupId,
): BrokenGroup | undefined => broken.find((one) => one.group === group)

export const withBroken = (broken: readonly BrokenGroup[], data: BrokeRule, at: number): readonly BrokenGroup[] =>
  [...broken.filter(({ group }) => group !== data.group), { ...data, at }].slice(-keptMax)
