/** A new group of one (RFC 9420 §11) that requires of every member what the homeserver needs of it. */
import { extensionType } from '../../mls/wire/extension.js'
import { configOf, type CredentialCheck, type GroupState, wrap } from './groupState.js'
import { keyPackageIn, type OwnKeyPackage } from './ownKeyPackage.js'
import { type LeafIdentity, privateKeys } from './leaf.js'
import { createTsMlsGroup, encodeRequiredCapabilities } from './tsMls.js'
import { loadSuite } from './suite.js'

export const createGroup = async (input: {
  readonly groupId: Uint8Array
  readonly identity: LeafIdentity
  /** A KeyPackage that was never published. */
  readonly keyPackage: OwnKeyPackage
  readonly check: CredentialCheck
}): Promise<GroupState> => {
  const { keyPackage, identity } = input
  const suite = await loadSuite(keyPackage.cipherSuite)
  const publicPackage = keyPackageIn(keyPackage.message)
  if (publicPackage === undefined) throw new TypeError('not a KeyPackage')
  const required = encodeRequiredCapabilities({
    extensionTypes: [extensionType.queueReference],
    proposalTypes: [],
    credentialTypes: ['x509'],
  })
  const client = await createTsMlsGroup(
    input.groupId,
    publicPackage,
    privateKeys(identity, keyPackage.secrets),
    [{ extensionType: 'required_capabilities', extensionData: required }],
    suite,
    configOf(input.check),
  )
  return wrap({ client, suite })
}
