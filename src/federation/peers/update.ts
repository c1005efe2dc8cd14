/** Sending a Commit or a proposal of a client of ours to the hub of another server's group. */
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { OutboundAnswer } from '../../ports/outbound.js'
import type { UpdateToHub } from '../../ports/peers.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { acceptedHeader } from '../problemHeader.js'
import { decodeBody, encodeBody } from '../wire/body.js'
import { withoutHeader } from '../wire/mlsObjects.js'
import { updateRequest, updateResponse } from '../wire/update.js'
import type { UpdateRequest } from '../wire/update.js'
import { askHub } from './askHub.js'
import type { Submitted } from './askHub.js'
import type { Peers } from './client.js'
import { rejectionBeside } from './heardFromHub.js'

const answerBytesMax = 512 * 1024
/** A Commit of many newcomers takes a hub a while; a client waits for its answer for 30 s. */
const timeoutMs = 20_000

/** What the hub says. Throws what `Peers` throws, and PeerUnreachable for an answer that says neither yes nor no. */
export const update = (peers: Peers, asked: UpdateToHub): Promise<Submitted | Rejected> => {
  const { group, key } = asked
  const body = encodeBody(updateRequest, requestOf(asked))
  return askHub(peers, { group, endpoint: 'update', key, body, bytesMax: answerBytesMax, timeoutMs }, heardIn)
}

const requestOf = (asked: UpdateToHub): UpdateRequest => {
  if (asked.type === 'proposal') return { type: asked.type, proposal: asked.proposal, moreProposals: [] }
  const { type, commit, welcome, groupInfo, ratchetTree } = asked
  return {
    type,
    commit,
    welcome: welcome === undefined ? undefined : withoutHeader(welcome),
    groupInfo: withoutHeader(groupInfo),
    ratchetTree,
  }
}

/** The struct is signed: what stands beside it says more, and never otherwise. */
const heardIn = (answer: OutboundAnswer): Submitted | Rejected | undefined => {
  const decoded = decodeBody(updateResponse, answer.body)
  if (!decoded.ok) return undefined
  const response = decoded.value
  switch (response.code) {
    case 'success':
      return { at: response.acceptedTimestamp, accepted: answer.headers[acceptedHeader] }
    case 'wrongEpoch':
      return reject({ code: 'wrong-epoch', currentEpoch: String(response.currentEpoch) })
    case 'notAllowed':
      return rejectionBeside(answer) ?? reject({ code: 'not-allowed', capability: 'update' })
    case 'invalidProposal': {
      const refs = response.invalidProposals.map(toBase64url)
      return rejectionBeside(answer) ?? reject({ code: 'invalid-proposal', reason: response.errorDescription, refs })
    }
  }
}
