/** An offer of history: where the archive is and what opens it, signed by the giver, sealed to the newcomer. */
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import { parseAssetId } from '../../mls/wire/ids.js'
import type { AssetReference } from '../assets/sealed/assetReference.js'
import { assetKeyBytes } from '../assets/sealed/assetKeys.js'
import { openJws, signJws } from '../crypto/jws.js'
import { open, seal } from '../crypto/seal.js'
import type { Engine } from '../engine/engine.js'
import { edwardsToMontgomery, montgomerySecret } from './montgomery.js'
import type { Link } from './linked.js'

const info = 'mls-homeserver history 1'
const encBytes = 32

/** `enc ‖ ciphertext` of HPKE, the newcomer's id as associated data; inside is a JWS of the giver. */
export const sealOffer = async (
  { account, api }: Pick<Engine, 'account' | 'api'>,
  { other, key, csrHash }: Pick<Link, 'other' | 'key' | 'csrHash'>,
  archive: AssetReference,
): Promise<Uint8Array> => {
  const claims = {
    from: account.client,
    to: other,
    csr: toBase64url(csrHash),
    asset: archive.asset,
    key: toBase64url(archive.key),
    size: archive.size,
    digest: toBase64url(archive.digest),
    iat: Math.floor(api.clock.now() / 1000),
  }
  const jws = await signJws(account.seed, { kid: account.client }, claims)
  const { enc, ciphertext } = await seal({
    publicKey: edwardsToMontgomery(key),
    info,
    aad: new TextEncoder().encode(other),
    plaintext: new TextEncoder().encode(jws),
  })
  return Uint8Array.of(...enc, ...ciphertext)
}

/** The archive, when the client that let this one in offers it to this one; undefined otherwise. */
export const openOffer = async (
  { account }: Pick<Engine, 'account'>,
  { other, key, csrHash }: Pick<Link, 'other' | 'key' | 'csrHash'>,
  offer: Uint8Array,
): Promise<AssetReference | undefined> => {
  const plaintext = await open({
    privateKey: montgomerySecret(account.seed),
    info,
    aad: new TextEncoder().encode(account.client),
    sealed: { enc: offer.slice(0, encBytes), ciphertext: offer.slice(encBytes) },
  })
  const claims = plaintext === undefined ? undefined : await openJws(key, new TextDecoder().decode(plaintext))
  if (claims?.['from'] !== other || claims['to'] !== account.client || claims['csr'] !== toBase64url(csrHash))
    return undefined
  return archiveIn(claims)
}

const archiveIn = ({ asset, key, size, digest }: { readonly [name: string]: unknown }): AssetReference | undefined => {
  const reference = {
    asset: parseAssetId(String(asset)),
    key: fromBase64url(String(key)),
    size: Number(size),
    digest: fromBase64url(String(digest)),
  }
  if (reference.asset === undefined || reference.key?.length !== assetKeyBytes || reference.digest === undefined)
    return undefined
  const { asset: id, key: secret, digest: hash } = reference
  return Number.isSafeInteger(reference.size)
    ? { asset: id, key: secret, size: reference.size, digest: hash }
    : undefined
}
