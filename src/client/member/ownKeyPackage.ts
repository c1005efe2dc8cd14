/** KeyPackages (RFC 9420 §10): making one's own, and reading those of others. */
import { extensionType } from '../../mls/wire/extension.js'
import { capabilitiesOf, type LeafIdentity, lifetimeFrom } from './leaf.js'
import { decodeMessage, encodeMessage } from './messageCodec.js'
import {
  generateKeyPackageWithKey,
  type KeyPackage,
  makeKeyPackageRef,
  verifyKeyPackage,
  verifyLeafNodeSignatureKeyPackage,
} from './tsMls.js'
import { loadSuite, type Suite, suiteIdOf } from './suite.js'

/** A KeyPackage with the private keys that open its Welcome. */
export type OwnKeyPackage = {
  readonly ref: Uint8Array
  readonly cipherSuite: number
  readonly lastResort: boolean
  /** In ms. */
  readonly notAfter: number
  /** The MLSMessage. */
  readonly message: Uint8Array
  readonly secrets: { readonly init: Uint8Array; readonly encryption: Uint8Array }
}

export const makeKeyPackage = async (input: {
  readonly suite: Suite
  readonly identity: LeafIdentity
  /** The encoded extension 0xF0C1, sealed anew for each KeyPackage. */
  readonly queueReference: Uint8Array
  readonly lastResort: boolean
  readonly now: number
}): Promise<OwnKeyPackage> => {
  const { suite, identity, lastResort } = input
  const lifetime = lifetimeFrom(input.now)
  const { publicPackage, privatePackage } = await generateKeyPackageWithKey(
    { credentialType: 'x509', certificates: [...identity.certificates] },
    capabilitiesOf(suite),
    lifetime,
    lastResort ? [{ extensionType: extensionType.lastResort, extensionData: new Uint8Array() }] : [],
    { signKey: identity.signatureSeed, publicKey: identity.signatureKey },
    suite,
    [{ extensionType: extensionType.queueReference, extensionData: input.queueReference }],
  )
  return {
    ref: await makeKeyPackageRef(publicPackage, suite.hash),
    cipherSuite: suiteIdOf(suite),
    lastResort,
    notAfter: Number(lifetime.notAfter) * 1000,
    message: encodeMessage({ version: 'mls10', wireformat: 'mls_key_package', keyPackage: publicPackage }),
    secrets: { init: privatePackage.initPrivateKey, encryption: privatePackage.hpkePrivateKey },
  }
}

/** What is in another client's KeyPackage, once its signatures are found good; undefined when they are not. */
export const readKeyPackage = async (
  message: Uint8Array,
  cipherSuite: number,
): Promise<{ readonly signatureKey: Uint8Array; readonly certificates: readonly Uint8Array[] } | undefined> => {
  const suite = await loadSuite(cipherSuite)
  const keyPackage = keyPackageIn(message)
  if (keyPackage?.cipherSuite !== suite.name) return undefined
  const isSigned =
    (await verifyKeyPackage(keyPackage, suite.signature)) &&
    (await verifyLeafNodeSignatureKeyPackage(keyPackage.leafNode, suite.signature))
  const { credential, signaturePublicKey } = keyPackage.leafNode
  if (!isSigned || credential.credentialType !== 'x509') return undefined
  return { signatureKey: signaturePublicKey, certificates: credential.certificates }
}

export const keyPackageIn = (message: Uint8Array): KeyPackage | undefined =>
  decodeMessage(message, 'mls_key_package')?.keyPackage
