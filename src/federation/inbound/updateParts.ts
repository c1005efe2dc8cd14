/** The handshake messages of an UpdateRequest, decoded and within their sizes. Pure. */
import { refuseSizes, unreadable } from '../../commands/group/refusals.js'
import type { Limits } from '../../limits/limits.js'
import type { PublicMessage } from '../../mls/wire/framing.js'
import { decodeCommitBundleParts, decodeMlsMessage } from '../../mls/wire/mlsMessage.js'
import type { CommitBundle } from '../../mls/wire/mlsMessage.js'
import { malformed } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { decodeBody } from '../wire/body.js'
import { withHeader } from '../wire/mlsObjects.js'
import { updateRequest } from '../wire/update.js'
import type { UpdateRequest } from '../wire/update.js'
import { refuseBody } from './refuseBody.js'

export type Handshakes =
  | { readonly type: 'commit'; readonly messages: readonly PublicMessage[]; readonly bundle: CommitBundle }
  | {
      readonly type: 'proposal'
      readonly messages: readonly PublicMessage[]
      /** The MLSMessage of each. */
      readonly bytes: readonly Uint8Array[]
    }

type Sizes = Pick<Limits, 'mlsMessageBytesMax' | 'welcomeBytesMax' | 'groupInfoBytesMax'>

export const handshakesIn = (body: Uint8Array, limits: Sizes): Handshakes | Rejected => {
  const request = decodeBody(updateRequest, body)
  if (!request.ok) return refuseBody(request.refusal)
  return request.value.type === 'commit' ? commitIn(request.value, limits) : proposalsIn(request.value, limits)
}

/** The tree beside it is not read: the hub has its own, and the GroupInfo is held against that. */
const commitIn = (request: Extract<UpdateRequest, { type: 'commit' }>, limits: Sizes): Handshakes | Rejected => {
  const { commit, welcome, groupInfo } = request
  const bundle = decodeCommitBundleParts({
    commit,
    welcome: welcome === undefined ? undefined : withHeader('welcome', welcome),
    groupInfo: withHeader('groupInfo', groupInfo),
  })
  if (!bundle.ok) return unreadable(bundle.refusal, 'commit')
  const refused = refuseSizes(bundle.value, limits)
  return refused ?? { type: 'commit', messages: [bundle.value.commit], bundle: bundle.value }
}

const proposalsIn = (
  { proposal, moreProposals }: Extract<UpdateRequest, { type: 'proposal' }>,
  { mlsMessageBytesMax }: Sizes,
): Handshakes | Rejected => {
  const bytes = [proposal, ...moreProposals]
  const messages: PublicMessage[] = []
  for (const one of bytes) {
    const message = decodeMlsMessage(one, mlsMessageBytesMax)
    if (!message.ok) return unreadable(message.refusal, 'proposal')
    if (message.value.wireFormat !== 'publicMessage') return malformed('a proposal is a PublicMessage')
    messages.push(message.value.publicMessage)
  }
  return { type: 'proposal', messages, bytes }
}
