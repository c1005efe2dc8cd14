/** Requests to a peer's door as anybody could make them: signed by whom, for whom, of what and when, each to be changed. */
import { randomBytes } from 'node:crypto'
import { signRequest } from '#src/federation/signatures/requestSignature.js'
import type { SigningKey } from '#src/federation/signatures/signingKey.js'
import type { Domain } from '#src/mls/wire/ids.js'
import type { PeerHouse } from './peerHouse.js'

export type Forged = {
  readonly source?: Domain
  readonly destination?: Domain
  readonly authority?: string
  readonly signedTarget?: string
  readonly signedBody?: string
  readonly created?: number
  readonly expires?: number
  readonly nonce?: string
  readonly key?: SigningKey
  /** What is sent besides what was signed, or in its place; undefined: that header is left out. */
  readonly sent?: {
    readonly method?: string
    readonly target?: string
    readonly body?: string
    readonly headers?: Readonly<Record<string, string | undefined>>
  }
}

export type Heard = {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Headers
}

export const newNonce = (): string => randomBytes(16).toString('base64url')

/** From one house's name to another's door. */
export const forge = async (from: PeerHouse, to: PeerHouse, forged: Forged = {}): Promise<Heard> => {
  const created = forged.created ?? Math.floor(to.clock.now() / 1_000)
  const target = forged.signedTarget ?? '/federation/v1/greetings/r1?loud=yes'
  const body = forged.signedBody ?? '{"word":"hello"}'
  const signed = signRequest(
    {
      method: 'POST',
      authority: forged.authority ?? to.domain,
      target,
      contentType: 'application/json',
      source: forged.source ?? from.domain,
      destination: forged.destination ?? to.domain,
      body: Buffer.from(body),
    },
    { created, expires: forged.expires ?? created + 30, nonce: forged.nonce ?? newNonce() },
    forged.key ?? from.signingKey(),
  )
  const { sent = {} } = forged
  const headers = Object.entries({ ...signed, ...sent.headers }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  )
  const response = await fetch(to.at + (sent.target ?? target), {
    method: sent.method ?? 'POST',
    headers,
    body: sent.body ?? body,
  })
  const text = await response.text()
  return {
    status: response.status,
    body: text === '' ? {} : (JSON.parse(text) as Heard['body']),
    headers: response.headers,
  }
}
