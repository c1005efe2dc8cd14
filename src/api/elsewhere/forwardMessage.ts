/** A message of a client of ours for a group whose hub is elsewhere. */
import type { By } from '../../commands/group/access.js'
import { refuseForwardedMessage } from '../../commands/group/followed/forwarding.js'
import type { Claimed, MessageHeader } from '../../commands/group/messages.js'
import type { ProblemCode } from '../../contract/problems.js'
import type { Urgency } from '../../events/messages.js'
import type { GroupId } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import type { TargetedCounts } from '../groups/targets.js'
import type { Elsewhere, TakenElsewhere } from './elsewhere.js'
import { rejectionOfHub } from './hubRefusal.js'
import { isBehind, recordOf } from './recordOf.js'
import { winnerSoon } from './winnerSoon.js'

export type ForwardedMessage = {
  readonly group: GroupId
  readonly message: Uint8Array
  readonly header: MessageHeader & Claimed
  readonly targets: readonly number[] | undefined
  readonly urgency: Urgency | undefined
}

/** Throws PeerAway, PeerNotAsked, and what the store throws. */
export type ForwardMessage = (
  by: By,
  message: ForwardedMessage,
  command: { readonly id: string },
) => Promise<Rejected | TakenElsewhere>

type Dependencies = Elsewhere & {
  readonly streams: Streams
  /** Messages for some, by the client that sends them: the hub knows users alone. */
  readonly targeted: TargetedCounts
}

export const makeForwardMessage =
  (deps: Dependencies, allowed: readonly ProblemCode[]): ForwardMessage =>
  async (by, { group, message, header, targets, urgency }, { id }) => {
    const { epoch } = header
    const state = await recordOf(deps, group, by, epoch)
    const refused = refuseForwardedMessage(state, by, header)
    if (refused !== undefined) return isBehind(state, by, epoch) ? reject({ code: 'read-model-behind' }) : refused
    const ask = () => deps.others.submitMessage({ group, user: by.user, message, key: id, targets, urgency })
    const heard = targets === undefined ? await ask() : await counted(deps, { by, group, epoch }, ask)
    if ('rejected' in heard) return heard
    if (!('refused' in heard)) return { elsewhere: heard }
    return winnerSoon(deps, group, epoch, rejectionOfHub(heard, allowed, 'send'))
  }

type Counted = { readonly by: By; readonly group: GroupId; readonly epoch: bigint }

/** What the hub did not take is not counted; where it did not answer it may have. */
const counted = async <Heard extends object>(
  { targeted }: Dependencies,
  { by, group, epoch }: Counted,
  ask: () => Promise<Heard>,
): Promise<Heard | Rejected> => {
  const tooMany = targeted.take(by.client, group, epoch)
  if (tooMany !== undefined) return tooMany
  const heard = await ask()
  if ('refused' in heard) targeted.giveBack(by.client, group, epoch)
  return heard
}
