/** What is said in a connection request: signed by its sender's key, sealed to each of the receiver's clients. */
import { edwardsToMontgomery } from './montgomery.js'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import { type ClientId, parseUserId, type UserId } from '../../mls/wire/ids.js'
import { signJws, openJws } from '../crypto/jws.js'
import { open, seal } from '../crypto/seal.js'
import type { Engine } from '../engine/engine.js'
import { decodeRecord, encodeRecord } from '../store/record.js'
import { fingerprintOf } from '../trust/pinnedRoots.js'
import { Untrusted } from '../trust/untrusted.js'
import { montgomerySecret } from './montgomery.js'
import { decodeShare, encodeShare } from './profiles.js'

const info = 'mls-homeserver contact 1'

type Sealed = { readonly enc: Uint8Array; readonly ciphertext: Uint8Array }
/** By client id. */
type Envelope = { readonly to: { readonly [client: string]: Sealed } }
type Letter = { readonly jws: string; readonly certificates: readonly Uint8Array[]; readonly key: Uint8Array }

/** Seals `text` to every client of `user` whose certificate holds; the signature keys serve as HPKE keys (RFC 7748 §4.1). */
export const sealLetter = async (engine: Engine, user: UserId, text: string): Promise<Uint8Array> => {
  const { account } = engine
  const own = engine.profiles.of(account.user)
  const claims = {
    from: account.user,
    to: user,
    text,
    iat: Math.floor(engine.api.clock.now() / 1000),
    ...(await ownRoot(engine)),
    ...(own === undefined ? {} : { profile: toBase64url(encodeShare(own)) }),
  }
  const jws = await signJws(account.seed, { kid: account.client }, claims)
  const letter: Letter = { jws, certificates: account.certificates, key: account.signatureKey }
  const to: Record<string, Sealed> = {}
  for (const { client, key } of await verifiedKeys(engine, user))
    to[client] = await seal({
      publicKey: edwardsToMontgomery(key),
      info,
      aad: new TextEncoder().encode(client),
      plaintext: encodeRecord(letter),
    })
  return encodeRecord({ to } satisfies Envelope)
}

/** The text, and the profile of who wrote it learnt, when it is for this client and `from` wrote it to this user; undefined otherwise. */
export const openLetter = async (engine: Engine, from: UserId, bytes: Uint8Array): Promise<string | undefined> => {
  const { account, verifyChain, isRevoked } = engine
  const sealed = envelopeIn(bytes)?.to[account.client]
  if (sealed === undefined) return undefined
  const plaintext = await open({
    privateKey: montgomerySecret(account.seed),
    info,
    aad: new TextEncoder().encode(account.client),
    sealed,
  })
  if (plaintext === undefined) return undefined
  const { jws, certificates, key } = decodeRecord(plaintext) as Letter
  const claims = await openJws(key, jws)
  const identity = await verifyChain(certificates, key)
  if (identity?.user !== from || claims?.['from'] !== from || claims['to'] !== account.user) return undefined
  if (await isRevokedOrDoubted(isRevoked, certificates)) return undefined
  // Whoever wrote it knows its own root: another one than the one that is pinned here is no letter of its.
  const root = claims['root']
  if (typeof root === 'string' && !(await engine.roots.isKnown(identity.domain, root))) return undefined
  learnProfile(engine, from, claims['profile'])
  return typeof claims['text'] === 'string' ? claims['text'] : undefined
}

/** Where the list is not what its domain signed, its letters are not believed: nothing that waits behind this one waits for it. */
const isRevokedOrDoubted = async (
  isRevoked: Engine['isRevoked'],
  certificates: Letter['certificates'],
): Promise<boolean> => {
  try {
    return await isRevoked(certificates)
  } catch (error) {
    if (error instanceof Untrusted) return true
    throw error
  }
}

/** By its fingerprint, as the receiver is to have it. */
const ownRoot = async ({ account, roots }: Engine): Promise<{ readonly root?: string }> => {
  const root = await roots.of(account.domain)
  return root === undefined ? {} : { root: fingerprintOf(root) }
}

const learnProfile = ({ profiles }: Engine, from: UserId, claimed: unknown): void => {
  const bytes = typeof claimed === 'string' ? fromBase64url(claimed) : undefined
  const share = bytes === undefined ? undefined : decodeShare(bytes)
  if (share !== undefined) profiles.learn(from, share)
}

const envelopeIn = (bytes: Uint8Array): Envelope | undefined => {
  try {
    const envelope = decodeRecord(bytes) as Partial<Envelope>
    return typeof envelope.to === 'object' ? { to: envelope.to } : undefined
  } catch {
    return undefined
  }
}

/** The clients of a user as the server lists them, each held to its certificate; those whose was revoked left out. */
export const verifiedKeys = async (
  { api, verifyChain, isRevoked }: Pick<Engine, 'api' | 'verifyChain' | 'isRevoked'>,
  user: UserId,
): Promise<readonly { readonly client: ClientId; readonly key: Uint8Array }[]> => {
  const keys: { client: ClientId; key: Uint8Array }[] = []
  for (const { client, keys: listed } of await api.account.clientsOf(user)) {
    for (const { algorithm, signatureKey, certificates } of listed) {
      if (algorithm !== 'Ed25519') continue
      const key = fromBase64url(signatureKey) ?? new Uint8Array()
      const chain = certificates.map((certificate) => fromBase64url(certificate) ?? new Uint8Array())
      const identity = await verifyChain(chain, key)
      if (identity?.user !== user || identity.client !== client)
        throw new Untrusted(`the server lists a client of ${user} that is not: ${toBase64url(key)}`)
      if (!(await isRevoked(chain))) keys.push({ client, key })
    }
  }
  return keys
}

export const userIn = (value: unknown): UserId | undefined =>
  typeof value === 'string' ? parseUserId(value) : undefined
