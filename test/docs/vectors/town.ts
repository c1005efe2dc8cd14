/** The homeserver and the people of the vectors: fixed names, keys and time, and real certificates. */
import { x25519 } from '@noble/curves/ed25519.js'
import { type Chance, makeAuthority, openAuthority } from '#src/adapters/x509/authority.js'
import { chainVerifier } from '#src/client/trust/chainVerifier.js'
import type { CredentialCheck } from '#src/client/member/groupState.js'
import type { Authority } from '#src/ports/authority.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import type { SignatureAlgorithm } from '#src/mls/crypto/servedSuites.js'
import { type ClientId, type Domain, makeId, parseDomain, type QueueId, type UserId } from '#src/mls/wire/ids.js'
import { toHex } from './hex.js'
import { now, seededBytes } from './seededRandom.js'
import { requestOf, type Signer, signerOf } from './signers.js'

export const baseUrl = 'https://chat.example.org'
const certificateMs = 1825 * 24 * 3600 * 1000

export type Vouched = {
  readonly signer: Signer
  readonly csr: Uint8Array
  readonly serial: string
  readonly notAfter: number
  /** [client, intermediate], DER. */
  readonly certificates: readonly Uint8Array[]
}

export type Person = {
  readonly name: string
  readonly user: UserId
  readonly client: ClientId
  readonly queue: QueueId
  readonly keys: { readonly [algorithm in SignatureAlgorithm]: Vouched }
}

export type Town = {
  readonly domain: Domain
  readonly root: Uint8Array
  readonly intermediate: Uint8Array
  /** Seeds of the two Ed25519 keys. */
  readonly rootSeed: Uint8Array
  readonly intermediateSeed: Uint8Array
  /** X25519: what queue references are sealed to. */
  readonly sealing: { readonly keyId: Uint8Array; readonly privateKey: Uint8Array; readonly publicKey: Uint8Array }
  readonly check: CredentialCheck
  readonly alice: Person
  readonly bob: Person
  readonly carol: Person
}

export const makeTown = async (): Promise<Town> => {
  const domain = parseDomain('example.org')
  if (domain === undefined) throw new Error('not a domain')
  const chance = newChance()
  const authority = await openAuthority({ domain, ...(await makeAuthority(domain, now, chance)) }, chance)
  const person = (name: string): Promise<Person> => makePerson(name, domain, authority)
  const verify = chainVerifier((of) => Promise.resolve(of === domain ? authority.root : undefined))
  const privateKey = seededBytes('sealing key', 32)
  return {
    domain,
    root: authority.root,
    intermediate: authority.intermediates[0] ?? new Uint8Array(),
    rootSeed: seededBytes('authority key 0', 32),
    intermediateSeed: seededBytes('authority key 1', 32),
    sealing: { keyId: seededBytes('sealing key id', 8), privateKey, publicKey: x25519.getPublicKey(privateKey) },
    check: async (certificates, key) => (await verify(certificates, key)) !== undefined,
    alice: await person('alice'),
    bob: await person('bob'),
    carol: await person('carol'),
  }
}

const makePerson = async (name: string, domain: Domain, authority: Authority): Promise<Person> => {
  const user = makeId('user', domain, seededBytes(`${name} user`, 16))
  const client = makeId('client', domain, seededBytes(`${name} client`, 16))
  const queue = makeId('queue', domain, seededBytes(`${name} queue`, 16))
  const vouched = async (algorithm: SignatureAlgorithm): Promise<Vouched> => {
    const signer = signerOf(`${name} ${algorithm}`, algorithm)
    const csr = requestOf(signer, user, client)
    const request = await authority.readRequest(csr)
    if ('unreadable' in request) throw new Error(request.unreadable)
    const { certificate, issuer, serial, notAfter } = await authority.issue(request, now, certificateMs)
    return { signer, csr, serial, notAfter, certificates: [certificate, issuer] }
  }
  const keys = { Ed25519: await vouched('Ed25519'), 'P-256': await vouched('P-256'), 'P-384': await vouched('P-384') }
  return { name, user, client, queue, keys }
}

/** Serials and authority keys that follow from a count. */
const newChance = (): Chance => {
  let [serials, keys] = [0, 0]
  return {
    serial: () => `4d${toHex(seededBytes(`serial ${serials++}`, 11))}`,
    keys: async () => {
      const { privateKey, publicKey } = signerOf(`authority key ${keys++}`, 'Ed25519')
      const jwk = { kty: 'OKP', crv: 'Ed25519', x: toBase64url(publicKey) }
      return {
        privateKey: await crypto.subtle.importKey('jwk', { ...jwk, d: toBase64url(privateKey) }, 'Ed25519', true, [
          'sign',
        ]),
        publicKey: await crypto.subtle.importKey('jwk', jwk, 'Ed25519', true, ['verify']),
      }
    },
  }
}
