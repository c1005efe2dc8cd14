/** The chain of claims when all clients of a user are asked for: running it again after a crash finishes it. */
import { keyPackagesStream } from '../../events/keyPackages.js'
import { userStream } from '../../events/user.js'
import type { ClientId, UserId } from '../../mls/wire/ids.js'
import type { Position } from '../../ports/position.js'
import { derivedId } from '../../streams/commandId.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Rejected, Rejection } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { userAggregate } from '../account/user.js'
import { keyPackagesAggregate } from '../keyPackages/keyPackages.js'
import { claimableUser, claimedIn, claimOne } from './claimOfClient.js'
import type { Claim, ClaimedKeyPackage } from './claimOfClient.js'

export type ClaimsOfUser = {
  readonly claimed: readonly ClaimedKeyPackage[]
  readonly missing: readonly { readonly client: ClientId; readonly code: Rejection['code'] }[]
  /** Of the last claim, or of the user when there was none; `at`, ms since 1970, likewise. */
  readonly position: Position
  readonly at: number
  /** Whether all that was claimed had been before. */
  readonly repeated: boolean
}

/** One KeyPackage of each client of a user, but for the claimer itself: one append per client, under derived ids. */
export const claimsOfUser = async (
  streams: Streams,
  command: CommandContext,
  claim: Claim & { readonly byClient: ClientId },
): Promise<ClaimsOfUser | Rejected> => {
  const target = await claimableUser(streams, claim)
  if ('rejected' in target) return target
  let place = { position: target.position, at: command.at }
  let isNew = false
  const claimed: ClaimedKeyPackage[] = []
  const missing: { readonly client: ClientId; readonly code: Rejection['code'] }[] = []
  for (const { client } of target.user.clients) {
    if (client === claim.byClient) continue
    const step = { ...command, id: stepOf(command, client) }
    const outcome = await claimOne(streams, step, { ...claim, client })
    if (!('rejected' in outcome)) {
      claimed.push(claimedIn(outcome, claim))
      isNew ||= !outcome.repeated && outcome.recorded.length > 0
      if (claimed.length === 1 || outcome.position > place.position)
        place = { position: outcome.position, at: outcome.at }
    } else if (outcome.rejected.code === 'idempotency-mismatch') return outcome
    else missing.push({ client, code: outcome.rejected.code })
  }
  return { claimed, missing, ...place, repeated: claimed.length > 0 && !isNew }
}

const stepOf = (command: Pick<CommandContext, 'id'>, client: ClientId): string =>
  derivedId(command.id, 'claimKeyPackage', client)

/** Whether a claim of all of a user's clients was under way before: running it again finishes it. */
export const knowsClaimsOfUser = async (
  streams: Streams,
  command: Pick<CommandContext, 'id'>,
  target: UserId,
): Promise<boolean> => {
  const { state } = await streams.read(userAggregate, userStream(target))
  if (state.status !== 'active') return false
  for (const { client } of state.clients) {
    const step = { id: stepOf(command, client) }
    if (await streams.knows(keyPackagesAggregate, keyPackagesStream(client), step)) return true
  }
  return false
}
