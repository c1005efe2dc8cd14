/** KeyPackages of a user of ours for a user of another server: a claim as any other, known again by the bytes of its request. */
import { groupAggregate } from '../../commands/group/group.js'
import { claimOfClient, claimedIn } from '../../commands/chains/claimOfClient.js'
import { claimsOfUser } from '../../commands/chains/claimsOfUser.js'
import type { ClaimsOfUser } from '../../commands/chains/claimsOfUser.js'
import { groupStream } from '../../events/group.js'
import { fromBase64url } from '../../mls/bytes/base64url.js'
import type { Capabilities, RequiredCapabilities } from '../../mls/wire/capabilities.js'
import { decodeMlsMessage } from '../../mls/wire/mlsMessage.js'
import { derivedId } from '../../streams/commandId.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Rejected, RejectionCode } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import type { ClientKeyMaterial, KeyMaterialResponse, KeyMaterialUserStatus } from '../wire/keyMaterial.js'
import { withoutHeader } from '../wire/mlsObjects.js'
import type { ReadRequest } from './signedRequest.js'

/**
 * The struct has neither time nor nonce. Asked again while our record of its room stands where it stood, it is the same claim, and
 * who repeats it gets the same packages; once the room went on they may have been used, and it is a new one.
 */
export const claimIdOf = async (
  streams: Pick<Streams, 'read'>,
  { digest, room }: Pick<ReadRequest, 'digest' | 'room'>,
): Promise<string> => {
  if (room === undefined) return derivedId(digest, 'keyMaterial')
  const { state } = await streams.read(groupAggregate, groupStream(room))
  return derivedId(digest, 'keyMaterial', state.status === 'active' ? String(state.mls.epoch) : '')
}

/** One of each client, of the first suite asked for that it has any of. */
export const handOut = async (
  streams: Streams,
  { target, suites, required, requester, digest }: ReadRequest,
  command: CommandContext,
): Promise<{ readonly response: KeyMaterialResponse; readonly repeated: boolean } | Rejected> => {
  const [suite = 0, ...others] = suites
  // Known by its id for longer than commands are: until what it was given expires.
  const asked = command.id
  const claim = { target, suite, by: requester.user, byClient: requester.client, asked }
  const step = { ...command, bodyHash: digest }
  const outcome = await claimsOfUser(streams, step, claim)
  if ('rejected' in outcome) {
    const userStatus = refusals.get(outcome.rejected.code)
    return userStatus === undefined
      ? outcome
      : { response: { userStatus, userUri: target, clients: [] }, repeated: false }
  }
  const given = outcome.claimed.map(({ client, keyPackage }) => materialOf(client, keyPackage, required))
  const rest: ClientKeyMaterial[] = []
  for (const { client } of outcome.missing)
    rest.push(await inOtherSuites(streams, { target, client, by: requester.user, asked, required }, others, step))
  const clients = [...given, ...rest]
  return { response: { userStatus: statusOf(clients), userUri: target, clients }, repeated: outcome.repeated }
}

/** Whom somebody blocked sees what an unknown user shows. */
const refusals: ReadonlyMap<RejectionCode, KeyMaterialUserStatus> = new Map([
  ['no-such-user', 'userUnknown'],
  ['not-allowed', 'noConsent'],
])

type OneClient = {
  readonly target: ReadRequest['target']
  readonly client: ClaimsOfUser['missing'][number]['client']
  readonly by: ReadRequest['target']
  readonly asked: string
  readonly required: RequiredCapabilities
}

const inOtherSuites = async (
  streams: Streams,
  { required, ...one }: OneClient,
  suites: readonly number[],
  command: CommandContext,
): Promise<ClientKeyMaterial> => {
  for (const suite of suites) {
    const step = { ...command, id: derivedId(command.id, `keyMaterial ${suite}`, one.client) }
    const outcome = await claimOfClient(streams, step, { ...one, suite })
    if (!('rejected' in outcome)) {
      const { keyPackage } = claimedIn(outcome, { ...one, suite })
      return materialOf(one.client, keyPackage, required)
    }
  }
  return { clientUri: one.client, status: 'keyMaterialExhausted' }
}

const materialOf = (clientUri: string, keyPackage: string, required: RequiredCapabilities): ClientKeyMaterial => {
  const message = fromBase64url(keyPackage) ?? new Uint8Array()
  const decoded = decodeMlsMessage(message)
  if (!decoded.ok || decoded.value.wireFormat !== 'keyPackage')
    throw new Error('a KeyPackage that was published is none')
  const { capabilities } = decoded.value.keyPackage.leafNode
  if (!hasAll(capabilities, required)) return { clientUri, status: 'nothingCompatible', capabilities }
  return { clientUri, status: 'success', keyPackage: withoutHeader(message) }
}

const hasAll = (has: Capabilities, required: RequiredCapabilities): boolean =>
  required.extensions.every((one) => has.extensions.includes(one)) &&
  required.proposals.every((one) => has.proposals.includes(one)) &&
  required.credentials.every((one) => has.credentials.includes(one))

const statusOf = (clients: readonly ClientKeyMaterial[]): KeyMaterialUserStatus => {
  const given = clients.filter(({ status }) => status === 'success').length
  if (given === clients.length) return 'success'
  return given === 0 ? 'noCompatibleMaterial' : 'partialSuccess'
}
