/** A further client of a user, however it was approved: its id and key are taken, it is vouched for, and then it is there. */
import type { CommandContext, Decide } from '../../streams/decider.js'
import type { Streams } from '../../streams/streams.js'
import { reject } from '../../streams/rejection.js'
import { userAggregate } from '../../commands/account/user.js'
import type { UserState } from '../../commands/account/user.js'
import { takeIdOf, takeKeyOf } from '../../commands/chains/vouchedOnce.js'
import { userStream } from '../../events/user.js'
import type { UserEvent, VouchedKey } from '../../events/user.js'
import { idBytes, makeId } from '../../mls/wire/ids.js'
import type { ClientId, QueueId, UserId } from '../../mls/wire/ids.js'
import type { Authority, CertificateRequest } from '../../ports/authority.js'
import type { Limits } from '../../limits/limits.js'
import type { Random } from '../../ports/random.js'
import type { CommandReply } from '../http/route.js'
import type { OwnerOf } from './ownerOf.js'
import { clientReply } from './users.js'
import { keyHashOf, vouchFor } from './vouching.js'

export type NewClientDependencies = {
  readonly streams: Streams
  readonly authority: Authority
  readonly ownerOf: OwnerOf
  readonly limits: Limits
  readonly random: Random
}

export type NewClient = { readonly client: ClientId; readonly directQueue: QueueId; readonly key: VouchedKey }

type Admitted = {
  readonly user: UserId
  readonly client: ClientId
  readonly request: CertificateRequest
  readonly decide: (made: NewClient) => Decide<UserState, UserEvent>
}

export const admitClient = async (
  { streams, authority, ownerOf, limits, random }: NewClientDependencies,
  command: CommandContext,
  { user, client, request, decide: deciding }: Admitted,
): Promise<CommandReply> => {
  const owner = await ownerOf(client)
  if (owner !== undefined && owner !== user) return reject({ code: 'already-exists', what: 'client' })
  const key = await vouchFor(authority, request, command.at, limits.certificateMs)
  const directQueue = makeId('queue', authority.domain, random.bytes(idBytes))
  const decide = deciding({ client, directQueue, key })
  const stream = userStream(user)
  const { state } = await streams.read(userAggregate, stream)
  // What the user's own stream refuses takes nothing: a key is never given back.
  if (!('rejected' in decide(state))) {
    const taken =
      (await takeIdOf(streams, command, { user, client })) ??
      (await takeKeyOf(streams, command, { client, keyHash: keyHashOf(request) }))
    if (taken !== undefined) return taken
  }
  const outcome = await streams.execute(userAggregate, stream, command, decide)
  if ('rejected' in outcome) return outcome
  const [event] = outcome.recorded
  if (event?.type !== 'ClientAdded' && event?.type !== 'RecoveryKeyUsed')
    throw new Error('adding a client recorded something else')
  return clientReply(user, event.data, outcome)
}
