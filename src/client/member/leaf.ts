/** What this client's leaves say of it: explicit capabilities and lifetime, for the defaults of ts-mls say too much. */
import { extensionType } from '../../mls/wire/extension.js'
import type { Capabilities, Lifetime, PrivateKeyPackage } from './tsMls.js'
import type { Suite } from './suite.js'

/** The longest life of a KeyPackage. */
export const keyPackageLifetimeS = 90 * 24 * 3600
/** How far it reaches back, for servers and peers whose clock is behind ours. */
const lifetimeBackS = 3600

/** The client as its leaves show it. */
export type LeafIdentity = {
  readonly certificates: readonly Uint8Array[]
  /** Raw Ed25519: 32 bytes each. */
  readonly signatureSeed: Uint8Array
  readonly signatureKey: Uint8Array
}

export const capabilitiesOf = (suite: Suite): Capabilities => ({
  versions: ['mls10'],
  ciphersuites: [suite.name],
  extensions: [extensionType.queueReference],
  proposals: [],
  credentials: ['x509'],
})

export const lifetimeFrom = (nowMs: number): Lifetime => {
  const now = Math.floor(nowMs / 1000)
  return { notBefore: BigInt(now - lifetimeBackS), notAfter: BigInt(now - lifetimeBackS + keyPackageLifetimeS) }
}

export const privateKeys = (
  identity: LeafIdentity,
  secrets: { readonly init: Uint8Array; readonly encryption: Uint8Array },
): PrivateKeyPackage => ({
  initPrivateKey: new Uint8Array(secrets.init),
  hpkePrivateKey: new Uint8Array(secrets.encryption),
  signaturePrivateKey: new Uint8Array(identity.signatureSeed),
})
