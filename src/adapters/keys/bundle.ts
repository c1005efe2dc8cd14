/** The server's bundle of secrets: made once, written as JSON, told apart by its fingerprint. */
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { FederationKey, SealingKey, ServerKeys } from '../../ports/keys.js'
import { makeAuthority } from '../x509/authority.js'
import type { FrankKey } from '../../events/frank.js'
import { firstFrankKey, withFrankKey } from './frankKeys.js'
import { firstVapidKey, pushKeyFrom, vapidKeyOf } from './pushKeys.js'

/** All that a server keeps; the root's private key apart, because it may be taken away. */
export type Bundle = { readonly keys: ServerKeys; readonly rootPrivateKey: Uint8Array }

export const makeBundle = async (domain: Domain, now: number): Promise<Bundle> => {
  const { rootPrivateKey, ...authority } = await makeAuthority(domain, now)
  const secrets = {
    domain,
    ...authority,
    tokenKey: new Uint8Array(randomBytes(32)),
    handleKey: new Uint8Array(randomBytes(32)),
    sealingKeys: [makeSealingKey()],
    federationKeys: [makeFederationKey(now - backdatedMs)],
  }
  return { keys: withDerivedKeys(secrets), rootPrivateKey }
}

const makeSealingKey = (): SealingKey => {
  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  return {
    id: toBase64url(randomBytes(8)),
    publicKey: fromBase64url(publicKey.export({ format: 'jwk' }).x ?? '') ?? new Uint8Array(),
    privateKey: new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' })),
  }
}

type Written = Omit<ServerKeys, 'fingerprint' | 'pushKey' | 'vapidKeys' | 'frankKeys'>

/** Those that were made after the derived ones: private VAPID keys, and frank keys. */
type Later = { readonly vapid?: readonly Uint8Array[] | undefined; readonly frank?: readonly FrankKey[] | undefined }

const withDerivedKeys = (written: Written, { vapid = [], frank = [] }: Later = {}): ServerKeys => ({
  ...written,
  pushKey: pushKeyFrom(written.handleKey),
  vapidKeys: [firstVapidKey(written.handleKey), ...vapid.map(vapidKeyOf)],
  frankKeys: [firstFrankKey(written.handleKey), ...frank],
  fingerprint: fingerprintOf(written),
})

/** Long enough to be rotated by hand, in no haste. */
const federationKeyMs = 5 * 365 * 24 * 60 * 60 * 1000

/** It begins a little earlier than our clock says, which may have to be put back. */
const backdatedMs = 5 * 60 * 1000

/** One that signs from `notBefore` (ms) on. */
const makeFederationKey = (notBefore: number): FederationKey => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return {
    id: toBase64url(randomBytes(8)),
    publicKey: fromBase64url(publicKey.export({ format: 'jwk' }).x ?? '') ?? new Uint8Array(),
    privateKey: new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' })),
    notBefore,
    notAfter: notBefore + federationKeyMs,
  }
}

/** Peers may keep our directory for a day: a key is published for two before it signs, and for one more after another does. */
const dayMs = 24 * 60 * 60 * 1000
const publishedBeforeMs = 2 * dayMs

/** The keys with another federation key that takes over from those there are: `atOnce` where they are not to be trusted any more. */
export const withFederationKey = (keys: ServerKeys, now: number, atOnce: boolean): ServerKeys => {
  const first = atOnce || keys.federationKeys.every(({ notAfter }) => notAfter <= now)
  const made = makeFederationKey(first ? now - backdatedMs : now + publishedBeforeMs)
  const until = atOnce ? now : made.notBefore + dayMs
  const others = keys.federationKeys.map((key) => ({ ...key, notAfter: Math.min(key.notAfter, until) }))
  return { ...keys, federationKeys: [...others, made] }
}

/** The keys with another frank key, which stamps once every process has had time to be started with it: `now`, ms. */
export const withLaterFrankKey = (keys: ServerKeys, now: number): ServerKeys => ({
  ...keys,
  frankKeys: withFrankKey(keys.frankKeys, now + dayMs),
})

/** What never changes while a log lives: sealing and federation keys may be added and intermediates renewed without another print. */
const fingerprintOf = (keys: Written): string => {
  const hash = createHash('sha256')
  const parts = [keys.domain, keys.rootCertificate, keys.tokenKey, keys.handleKey, keys.sealingKeys[0]?.publicKey ?? '']
  for (const part of parts) hash.update(createHash('sha256').update(part).digest())
  return hash.digest('base64url')
}

const bytes = z.string().transform((text, context) => {
  const decoded = fromBase64url(text)
  if (decoded !== undefined) return decoded
  context.addIssue('not base64url')
  return z.NEVER
})
const time = z.number().int()
const schema = z.strictObject({
  version: z.literal(1),
  domain: z.string(),
  rootCertificate: bytes,
  intermediateCertificate: bytes,
  intermediatePrivateKey: bytes,
  tokenKey: bytes,
  handleKey: bytes,
  sealingKeys: z.array(z.strictObject({ id: z.string(), publicKey: bytes, privateKey: bytes })).min(1),
  /** Of VAPID keys that follow the derived one, the private halves: 32 bytes each. */
  vapidKeys: z.array(bytes.refine((key) => key.length === 32, 'not 32 bytes')).optional(),
  frankKeys: z
    .array(z.strictObject({ version: z.number().int().min(2).max(255), key: bytes, notBefore: time }))
    .optional(),
  // Bundles of earlier builds have none.
  federationKeys: z
    .array(z.strictObject({ id: z.string(), publicKey: bytes, privateKey: bytes, notBefore: time, notAfter: time }))
    .default([]),
})

export const writeBundle = (bundle: ServerKeys): string => {
  const { fingerprint: _print, pushKey: _derived, vapidKeys, frankKeys, ...keys } = bundle
  const [vapid, frank] = [vapidKeys.slice(1).map(({ privateKey }) => privateKey), frankKeys.slice(1)]
  const later = {
    ...(vapid.length === 0 ? {} : { vapidKeys: vapid }),
    ...(frank.length === 0 ? {} : { frankKeys: frank }),
  }
  const written = { version: 1, ...keys, ...later }
  return `${JSON.stringify(written, writeBytes, 2)}\n`
}

const writeBytes = (_name: string, value: unknown): unknown =>
  value instanceof Uint8Array ? toBase64url(value) : value

/** Throws an Error that says in one line what is wrong, and never what it read. */
export const readBundle = (text: string): ServerKeys => {
  const parsed = schema.safeParse(jsonIn(text))
  if (!parsed.success) {
    const fields = parsed.error.issues.map(({ path }) => path.join('.'))
    throw new Error(`the key bundle is damaged: ${[...new Set(fields)].join(', ')}`)
  }
  const { version: _version, vapidKeys: vapid, frankKeys: frank, ...keys } = parsed.data
  return withDerivedKeys(keys, { vapid, frank })
}

/** The parser's own error would repeat a part of what it read. */
const jsonIn = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('the key bundle is damaged: not JSON')
  }
}
