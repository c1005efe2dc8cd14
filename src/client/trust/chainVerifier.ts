/** Whether a client's certificate chain leads to its homeserver's published root, and whom it names. */
import { toBase64url } from '../../mls/bytes/base64url.js'
import { keepNewest } from '../../structures/newest.js'
import { attempt } from '../../mls/bytes/refusal.js'
import type { Identity } from '../../mls/group/policy.js'
import { issuerUnder, readChain, verifyChain } from '../../mls/group/verifyChain.js'
import type { Domain } from '../../mls/wire/ids.js'
import { checkAnswered } from './webCrypto.js'

/** The DER root certificate that a domain publishes; undefined for a domain that is not known. */
export type RootOf = (domain: Domain) => Promise<Uint8Array | undefined>

/** Asks again for a root as something did not hold under `tried`: whether there is another one now, to be tried. */
export type RenewRoot = (domain: Domain, tried?: Uint8Array) => Promise<boolean>

/** Those that led to it by their word: what they signed holds as long as it says. */
export type FormerRootsOf = (domain: Domain) => readonly Uint8Array[]

export type VerifyChain = (
  certificates: readonly Uint8Array[],
  signatureKey: Uint8Array,
) => Promise<Identity | undefined>

/** How many verified chains are remembered. */
const chainsMax = 5_000

/**
 * Verifies [client, intermediate] under the root of the domain that the client's SAN names; the certificate's key must be the
 * leaf's. Expiry and revocation do not count here: they act by removal from groups (docs/rules.md, Vouching).
 */
export const chainVerifier = (
  rootOf: RootOf,
  renew: RenewRoot = () => Promise.resolve(false),
  formerOf: FormerRootsOf = () => [],
): VerifyChain => {
  const known = keepNewest<string, Identity>(chainsMax)
  return async (certificates, signatureKey) => {
    const key = [...certificates, signatureKey].map(toBase64url).join('.')
    const identity = known.get(key) ?? (await verify({ certificates, signatureKey }, rootOf, renew, formerOf))
    if (identity !== undefined) known.set(key, identity)
    return identity
  }
}

type Claimed = { readonly certificates: readonly Uint8Array[]; readonly signatureKey: Uint8Array }

const verify = async (
  { certificates, signatureKey }: Claimed,
  rootOf: RootOf,
  renew: RenewRoot,
  formerOf: FormerRootsOf,
): Promise<Identity | undefined> => {
  const read = attempt(() => readChain({ type: 'x509', certificates }))
  if (!read.ok) return undefined
  const { user, client, domain } = read.value.identity
  const holdsUnder = async (root: Uint8Array | undefined): Promise<boolean> => {
    if (root === undefined) return false
    const verified = await checkAnswered((crypto) =>
      attempt(() =>
        verifyChain(
          read.value,
          signatureKey,
          (bytes) => issuerUnder(bytes, [root, ...formerOf(domain)], crypto),
          crypto,
        ),
      ),
    )
    return verified.ok
  }
  const tried = await rootOf(domain)
  const holds = (await holdsUnder(tried)) || ((await renew(domain, tried)) && (await holdsUnder(await rootOf(domain))))
  return holds ? { user, client, domain } : undefined
}
