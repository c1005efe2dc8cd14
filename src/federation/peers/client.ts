/** Asks other servers, signed with our key; what comes back is believed only with theirs. */
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import { OutboundTooLarge } from '../../ports/outbound.js'
import type { Outbound, OutboundAnswer, OutboundRequest } from '../../ports/outbound.js'
import type { Random } from '../../ports/random.js'
import { answerKeyId, isAnswerSignature } from '../signatures/answerSignature.js'
import { signRequest } from '../signatures/requestSignature.js'
import type { SigningKey } from '../signatures/signingKey.js'
import { expand } from './directoryDocument.js'
import type { Directories } from './directories.js'
import { PeerLacks, PeerRefused, PeerUnreachable } from './peerErrors.js'
import { serverTimeIn } from './serverTime.js'
import type { Trust } from './trust.js'

export type PeerRequest = Pick<OutboundRequest, 'method' | 'bytesMax' | 'timeoutMs' | 'signal'> & {
  /** As its directory names it: the draft's names, and those of extensions. */
  readonly endpoint: string
  readonly parameters: Readonly<Record<string, string>>
  readonly contentType: string
  readonly body: Uint8Array
  /** Others than those of the signature. They are not signed: nothing may hang on them that TLS does not keep. */
  readonly headers?: Readonly<Record<string, string>>
}

export type Peers = {
  /**
   * An answer that is signed by the peer, whatever its status. Throws PeerUnreachable, PeerNotFederating, PeerRefused, and
   * what `signal` says.
   */
  readonly ask: (peer: Domain, request: PeerRequest) => Promise<OutboundAnswer>
}

export type PeersDependencies = {
  readonly domain: Domain
  readonly outbound: Outbound
  readonly directories: Directories
  readonly trust: Trust
  /** The key that signs now. */
  readonly signingKey: () => SigningKey
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
}

const validSeconds = 30
const nonceBytes = 16

export const knowPeers = (deps: PeersDependencies): Peers => {
  const { domain, outbound, directories, trust, signingKey, clock, random } = deps

  /** Signed for the name that the peer calls itself by, wherever it is reached. */
  const send = async (peer: Domain, url: string, request: PeerRequest, now: number): Promise<Exchanged> => {
    const { method, contentType, body, bytesMax, timeoutMs, signal } = request
    const { host: authority, pathname, search } = new URL(url)
    const created = Math.ceil(now / 1_000)
    const stamp = { created, expires: created + validSeconds, nonce: toBase64url(random.bytes(nonceBytes)) }
    const asked = { method, authority, target: pathname + search, contentType, source: domain, destination: peer, body }
    const signed = signRequest(asked, stamp, signingKey())
    const answer = await outbound
      .request(directories.reachedAt(peer, url), {
        method,
        headers: { ...request.headers, ...signed },
        ...(method === 'GET' || method === 'HEAD' ? {} : { body }),
        bytesMax,
        timeoutMs,
        ...(signal === undefined ? {} : { signal }),
      })
      .catch((error: unknown) => {
        if (signal?.aborted === true) throw error
        const why = error instanceof OutboundTooLarge ? 'its answer is too long' : String(error)
        throw new PeerUnreachable(peer, why)
      })
    return { answer, requestSignature: signed['signature'] ?? '' }
  }

  const isSigned = async (peer: Domain, { answer, requestSignature }: Exchanged): Promise<boolean> => {
    const id = answerKeyId(answer.headers)
    const key = id === undefined ? undefined : await trust.keyOf(peer, id)
    return key !== undefined && isAnswerSignature({ ...answer, requestSignature }, answer.headers, key)
  }

  return {
    ask: async (peer, request) => {
      if (!(await trust.standingOf(peer)).isSpokenTo) throw new PeerRefused(peer, 'we do not speak to it')
      const { endpoints } = await trust.directoryOf(peer)
      const template = Object.hasOwn(endpoints, request.endpoint) ? endpoints[request.endpoint] : undefined
      const url = template === undefined ? undefined : expand(template, request.parameters)
      if (url === undefined || !URL.canParse(url)) throw new PeerLacks(peer, `it has no ${request.endpoint}`)
      const first = await send(peer, url, request, clock.now())
      const theirs = serverTimeIn(first.answer, clock.now())
      const exchanged = theirs === undefined ? first : await send(peer, url, request, theirs)
      if (!(await isSigned(peer, exchanged))) throw unsigned(peer, exchanged.answer)
      await trust.met(peer)
      return exchanged.answer
    },
  }
}

type Exchanged = { readonly answer: OutboundAnswer; readonly requestSignature: string }

/** Of a proxy before it, or of whoever does not know us: no word of the peer. */
const unsigned = (peer: Domain, { status, headers }: OutboundAnswer): PeerUnreachable => {
  const after = /^\d{1,6}$/.exec(headers['retry-after'] ?? '')?.[0]
  return new PeerUnreachable(peer, `${status}, unsigned`, after === undefined ? undefined : Number(after))
}
