/** groupInfo: what a client of another server needs to join by itself, or to come back; its own signature says who asks. */
import { z } from 'zod'
import type { Reply } from '../../api/http/route.js'
import { entitledToJoin } from '../../commands/group/access.js'
import { groupAggregate } from '../../commands/group/group.js'
import type { ActiveGroup } from '../../commands/group/fold/state.js'
import { groupUri } from '../../contract/fields.js'
import { groupStream } from '../../events/group.js'
import { signContent } from '../../mls/crypto/labels.js'
import { encodeTree } from '../../mls/group/publicGroup.js'
import { domainOf, groupIdBytes } from '../../mls/wire/ids.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import type { Blobs } from '../../ports/blobs.js'
import { StoreUnavailable } from '../../ports/eventStore.js'
import { malformed, reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { encryptWithLabel } from '../encryptWithLabel.js'
import { problemField, problemHeader } from '../problemHeader.js'
import type { SigningKey } from '../signatures/signingKey.js'
import { decodeBody, encodeBody } from '../wire/body.js'
import { groupInfoGiven, groupInfoRequest, groupInfoResponse, groupState } from '../wire/groupInfo.js'
import type { DecodedGroupInfoRequest, GroupInfoResponse } from '../wire/groupInfo.js'
import { withHeader, withoutHeader } from '../wire/mlsObjects.js'
import { askerIn } from './asker.js'
import type { AskerDependencies } from './asker.js'
import { peerRoute } from './door.js'
import type { PeerRoute } from './door.js'
import { refuseBody } from './refuseBody.js'

export const groupInfoPath = '/federation/v1/groupInfo/{roomId}'

export type HubKey = SigningKey & { readonly publicKey: Uint8Array }

export type GroupInfoDependencies = AskerDependencies & {
  readonly streams: Pick<Streams, 'read'>
  readonly blobs: Pick<Blobs, 'get'>
  readonly domain: Domain
  /** Our federation key that signs now. */
  readonly hubKey: () => HubKey
}

export const groupInfoRoute = (deps: GroupInfoDependencies): PeerRoute =>
  peerRoute({
    method: 'post',
    path: groupInfoPath,
    tag: 'Federation',
    summary: 'Ask for the GroupInfo and tree of a group of ours',
    description:
      'GroupInfoRequest and GroupInfoResponse of draft-ietf-mimi-protocol-06, as message/mls. The request is signed by the client, one of the peer that has a leaf in the group or whose user has; the answer is sealed to the key in it.',
    access: 'peer',
    params: z.strictObject({ roomId: groupUri }),
    mls: true,
    success: { status: 200, mls: true },
    problems: ['identity-mismatch', 'unsupported-message', 'unsupported-ciphersuite', 'peer-unreachable', 'too-large'],
    inMaintenance: true,
    known: 'unrecorded',
    answer: async ({ principal, params: { roomId: group }, mls }) => {
      const request = mls === undefined ? malformed('the body is a GroupInfoRequest') : requestIn(mls)
      if ('rejected' in request) return request
      const by = await askerIn(deps, principal.domain, request)
      if ('rejected' in by) return by
      if (domainOf(group) !== deps.domain) return refused(group, reject({ code: 'no-such-group' }))
      const { state } = await deps.streams.read(groupAggregate, groupStream(group))
      // In a log of before decision 28 a group of another domain may stand in its place.
      const isElsewhere = state.status === 'active' && state.hub !== undefined
      const entitled = isElsewhere ? reject({ code: 'no-such-group' }) : entitledToJoin(state, by)
      return 'rejected' in entitled ? refused(group, entitled) : give(deps, entitled, request)
    },
  })

const requestIn = (body: Uint8Array): DecodedGroupInfoRequest | Rejected => {
  const request = decodeBody(groupInfoRequest, body)
  if (request.ok) return request.value
  return refuseBody(request.refusal)
}

const give = async (
  { blobs, domain, hubKey }: GroupInfoDependencies,
  { group, groupInfo: named, mls }: ActiveGroup,
  { cipherSuite, groupInfoPublicKey }: DecodedGroupInfoRequest,
): Promise<Reply> => {
  const info = await blobs.get(named.digest)
  if (info === undefined) throw new StoreUnavailable('a GroupInfo is not in the blob store')
  const pendingProposals = [...mls.pending.values()].map(({ message }) => ({
    proposal: withHeader('publicMessage', message.bytes),
    acceptedTime: 0,
  }))
  const state = { groupInfo: withoutHeader(info), ratchetTree: encodeTree(mls), pendingProposals }
  const roomId = groupIdBytes(group)
  const encryptedGroupState = await encryptWithLabel({
    cipherSuite,
    publicKey: groupInfoPublicKey,
    label: 'GroupInfo and ratchet_tree encryption',
    context: roomId,
    plaintext: encodeBody(groupState, state, info.length + state.ratchetTree.length + roomForProposals),
  })
  if (encryptedGroupState === undefined) return malformed('groupInfoPublicKey is no key of that suite')
  const key = hubKey()
  const credential = { type: 'basic', identity: new TextEncoder().encode(domain) } as const
  const given = { roomId, cipherSuite, hubSender: { signatureKey: key.publicKey, credential }, encryptedGroupState }
  const signature = key.sign(signContent('GroupInfoResponseTBS', encodeBody(groupInfoGiven, given)))
  return answered({ code: 'success', ...given, signature })
}

const roomForProposals = 4096

const refused = (group: GroupId, refusal: Rejected): Reply => {
  const isUnknown = refusal.rejected.code === 'no-such-group'
  const response = { code: isUnknown ? 'noSuchRoom' : 'notAuthorized', roomId: groupIdBytes(group) } as const
  return answered(response, { [problemHeader]: problemField(refusal.rejected) })
}

const answered = (response: GroupInfoResponse, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status: 200,
  mls: encodeBody(groupInfoResponse, response),
  headers,
})
