/** Asking the hub of another server's group to decide something beside MLS, for a member of it from here, or by ourselves. */
import type { GroupId } from '../../mls/wire/ids.js'
import type { OutboundAnswer } from '../../ports/outbound.js'
import type { AskedOfHub, DecidedElsewhere } from '../../ports/peers.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { askedText, decideExtension, saidByHub } from '../askedOfHub.js'
import { readFacts } from '../facts.js'
import { rejectionSaid } from '../problemHeader.js'
import { askHub } from './askHub.js'
import type { Peers } from './client.js'
import { PeerLacks } from './peerErrors.js'

type Asking = { readonly group: GroupId; readonly key: string; readonly asked: AskedOfHub }

const answerBytesMax = 16 * 1024
const timeoutMs = 15_000

/** What the hub says. Throws what `Peers` throws, and PeerUnreachable for an answer that says neither yes nor no. */
export const decide = async (peers: Peers, { group, key, asked }: Asking): Promise<DecidedElsewhere | Rejected> => {
  const body = new TextEncoder().encode(askedText(asked))
  const asking = { group, key, endpoint: decideExtension, contentType: 'application/json', body }
  try {
    return await askHub(peers, { ...asking, bytesMax: answerBytesMax, timeoutMs }, heardIn)
  } catch (error) {
    if (error instanceof PeerLacks) return reject({ code: 'not-allowed', capability: 'decideElsewhere' })
    throw error
  }
}

const heardIn = ({ body }: OutboundAnswer): DecidedElsewhere | Rejected | undefined => {
  const said = readFacts(saidByHub, body)
  if (said === undefined) return undefined
  if (!('refused' in said)) return { ...said, accepted: said.accepted }
  const known = rejectionSaid(JSON.stringify(said.refused))
  return reject(known ?? { code: 'not-allowed', capability: 'decide' })
}
