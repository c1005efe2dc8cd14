/** The server's bundle of secrets: made once, added to, told apart by its fingerprint. */
import { createHash } from 'node:crypto'
import { attempt } from '../../mls/bytes/refusal.js'
import { parseCertificate } from '../../mls/x509/certificate.js'
import type { FrankKey } from '../../events/frank.js'
import type { Domain } from '../../mls/wire/ids.js'
import { rootsIn } from '../../ports/keys.js'
import type { FederationKey, ServerKeys, Succession } from '../../ports/keys.js'
import { backdatedMs, makeAuthority } from '../x509/authority.js'
import { firstFrankKey } from './frankKeys.js'
import { makeFederationKey, makeSealingKey, makeSecret } from './makeKeys.js'
import type { WrittenSealingKey } from './makeKeys.js'
import { certificatePrint, printOf, printOfAll } from './prints.js'
import { firstVapidKey, pushKeyFrom, vapidKeyOf } from './pushKeys.js'

/** What is written of a bundle: the first of each kind as they have always been, those that followed beside them. */
export type Written = {
  readonly domain: string
  readonly rootCertificate: Uint8Array
  readonly intermediateCertificate: Uint8Array
  readonly intermediatePrivateKey: Uint8Array
  readonly tokenKey: Uint8Array
  readonly handleKey: Uint8Array
  readonly sealingKeys: readonly WrittenSealingKey[]
  readonly federationKeys: readonly FederationKey[]
  /** Later ones. `made` in ms. */
  readonly tokenKeys?: readonly { readonly key: Uint8Array; readonly made: number }[] | undefined
  /** Later ones. `root`: which one it is under, counted from 0. */
  readonly intermediates?:
    readonly { readonly certificate: Uint8Array; readonly privateKey: Uint8Array; readonly root: number }[] | undefined
  /** Of those that follow the derived one: private scalars, 32 bytes. Earlier builds said no more of them. */
  readonly vapidKeys?: readonly (Uint8Array | { readonly key: Uint8Array; readonly made: number })[] | undefined
  /** Later ones. */
  readonly frankKeys?: readonly FrankKey[] | undefined
  readonly successions?: readonly Succession[] | undefined
}

/** All that a server keeps; the root's private key apart, because it may be taken away. */
export type Bundle = { readonly written: Written; readonly rootPrivateKey: Uint8Array }

export const makeBundle = async (domain: Domain, now: number): Promise<Bundle> => {
  const { rootPrivateKey, ...authority } = await makeAuthority(domain, now)
  const written = {
    domain,
    ...authority,
    tokenKey: makeSecret(),
    handleKey: makeSecret(),
    sealingKeys: [makeSealingKey()],
    federationKeys: [makeFederationKey(now - backdatedMs)],
  }
  return { written, rootPrivateKey }
}

/** The keys as they are used. */
export const keysOf = (written: Written): ServerKeys => {
  const { domain, rootCertificate, handleKey, federationKeys, successions = [] } = written
  const intermediates = intermediatesOf(written, rootsIn(written))
  const began = intermediates[0]?.made ?? 0
  const followed = {
    intermediates,
    tokenKeys: [{ key: written.tokenKey, made: began }, ...(written.tokenKeys ?? [])].map((one) => ({
      ...one,
      print: printOf('token', one.key),
    })),
    sealingKeys: written.sealingKeys.map((one) => ({
      ...one,
      made: one.made ?? began,
      print: printOf('sealing', one.publicKey),
    })),
    vapidKeys: vapidKeysOf(written, began),
    frankKeys: [firstFrankKey(handleKey), ...(written.frankKeys ?? [])],
  }
  const keys = { domain, rootCertificate, handleKey, federationKeys, successions, pushKey: pushKeyFrom(handleKey) }
  return { ...keys, ...followed, fingerprint: fingerprintOf(written), print: printOfAll(printsOf(written, followed)) }
}

const intermediatesOf = (written: Written, roots: readonly Uint8Array[]): ServerKeys['intermediates'] => {
  const { intermediateCertificate: certificate, intermediatePrivateKey: privateKey, intermediates = [] } = written
  return [{ certificate, privateKey, root: 0 }, ...intermediates].map((one) => {
    const root = roots[one.root]
    const parsed = attempt(() => parseCertificate(one.certificate))
    if (root === undefined || !parsed.ok) throw new Error('the key bundle is damaged: intermediates')
    const made = parsed.value.notBefore + backdatedMs
    return { ...one, root, made, print: certificatePrint(one.certificate) }
  })
}

const vapidKeysOf = ({ handleKey, vapidKeys = [] }: Written, began: number): ServerKeys['vapidKeys'] => {
  const later = vapidKeys.map((one) =>
    one instanceof Uint8Array ? { ...vapidKeyOf(one), made: began } : { ...vapidKeyOf(one.key), made: one.made },
  )
  return [{ ...firstVapidKey(handleKey), made: began }, ...later].map((one) => ({
    ...one,
    print: printOf('push', one.publicKey),
  }))
}

/** What never changes while a log lives, whatever is added. */
const fingerprintOf = (keys: Written): string => {
  const hash = createHash('sha256')
  const parts = [keys.domain, keys.rootCertificate, keys.tokenKey, keys.handleKey, keys.sealingKeys[0]?.publicKey ?? '']
  for (const part of parts) hash.update(createHash('sha256').update(part).digest())
  return hash.digest('base64url')
}

type Followed = Pick<ServerKeys, 'intermediates' | 'tokenKeys' | 'sealingKeys' | 'vapidKeys'>

const printsOf = (written: Written, followed: Followed): readonly string[] => [
  fingerprintOf(written),
  ...(written.successions ?? []).map(({ to }) => certificatePrint(to)),
  ...[followed.intermediates, followed.tokenKeys, followed.sealingKeys, followed.vapidKeys].flatMap((keys) =>
    keys.map(({ print }) => print),
  ),
  ...written.federationKeys.map(({ publicKey }) => printOf('federation', publicKey)),
]
