/** What the decoder accepts at most; the API checks its own, configurable sizes before it decodes. */

/** One MLSMessage of any kind. */
export const messageBytesMax = 1024 * 1024
/** One KeyPackage, unless the policy says otherwise. */
export const keyPackageBytesMax = 16 * 1024
/** Entries of any extension list. */
export const extensionsMax = 64
/** Entries of each list in a leaf's capabilities, or in required_capabilities. */
export const capabilityEntriesMax = 512
/** Certificates of an x509 credential. */
export const certificatesMax = 8
/** Leaves of a ratchet tree, blank ones included. */
export const treeLeavesMax = 16_384
/** Nodes of an UpdatePath: the direct path of the largest tree, with room. */
export const pathNodesMax = 32
/** Proposals of one Commit. */
export const commitProposalsMax = 4096
/** Newcomers that one Welcome addresses. */
export const welcomeSecretsMax = 4096
/** External senders of one group. */
export const externalSendersMax = 64
/** Pre-shared keys that the GroupSecrets of a Welcome name. */
export const preSharedKeysMax = 256
