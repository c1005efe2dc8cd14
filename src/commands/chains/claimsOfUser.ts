/** The chain of claims when all clients of a user are asked for: running it again after a crash finishes it. */
import type { ClientId } from '../../mls/wire/ids.js'
import type { Position } from '../../ports/position.js'
import { derivedId } from '../../streams/commandId.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Rejected, Rejection } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { claimableUser, claimedIn, claimOne } from './claimOfClient.js'
import type { Claim, ClaimedKeyPackage } from './claimOfClient.js'

export type ClaimsOfUser = {
  readonly claimed: readonly ClaimedKeyPackage[]
  readonly missing: readonly { readonly client: ClientId; readonly code: Rejection['code'] }[]
  /** Of the last claim, or of the user when there was none. */
  readonly position: Position
}

/** One KeyPackage of each client of a user, but for the claimer itself: one append per client, under derived ids. */
export const claimsOfUser = async (
  streams: Streams,
  command: CommandContext,
  claim: Claim & { readonly byClient: ClientId },
): Promise<ClaimsOfUser | Rejected> => {
  const target = await claimableUser(streams, claim)
  if ('rejected' in target) return target
  let { position } = target
  const claimed: ClaimedKeyPackage[] = []
  const missing: { readonly client: ClientId; readonly code: Rejection['code'] }[] = []
  for (const { client } of target.user.clients) {
    if (client === claim.byClient) continue
    const step = { ...command, id: derivedId(command.id, 'claimKeyPackage', client) }
    const outcome = await claimOne(streams, step, { client, suite: claim.suite, by: claim.by })
    if (!('rejected' in outcome)) {
      claimed.push(claimedIn(outcome))
      if (outcome.position > position) position = outcome.position
    } else if (outcome.rejected.code === 'idempotency-mismatch') return outcome
    else missing.push({ client, code: outcome.rejected.code })
  }
  return { claimed, missing, position }
}
