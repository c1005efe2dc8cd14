/** The members' leaves in a ratchet tree, as far as the rest of the SDK needs them. */
import type { RatchetTree } from './tsMls.js'

export type MemberLeaf = {
  readonly leafIndex: number
  readonly signatureKey: Uint8Array
  /** Its X.509 chain, client first; empty when the credential is of another kind. */
  readonly certificates: readonly Uint8Array[]
}

export const memberLeavesOf = (tree: RatchetTree): readonly MemberLeaf[] =>
  tree.flatMap((node, nodeIndex) => {
    if (node?.nodeType !== 'leaf') return []
    const { credential, signaturePublicKey } = node.leaf
    const certificates = credential.credentialType === 'x509' ? credential.certificates : []
    return [{ leafIndex: nodeIndex / 2, signatureKey: signaturePublicKey, certificates }]
  })
