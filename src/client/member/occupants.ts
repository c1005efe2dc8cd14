/** Who sits where in a ratchet tree. */
import type { RatchetTree } from './tsMls.js'

export type Occupant = {
  readonly leafIndex: number
  readonly signatureKey: Uint8Array
  /** Its X.509 chain, client first; empty when the credential is of another kind. */
  readonly certificates: readonly Uint8Array[]
}

export const occupantsOf = (tree: RatchetTree): readonly Occupant[] =>
  tree.flatMap((node, nodeIndex) => {
    if (node?.nodeType !== 'leaf') return []
    const { credential, signaturePublicKey } = node.leaf
    const certificates = credential.credentialType === 'x509' ? credential.certificates : []
    return [{ leafIndex: nodeIndex / 2, signatureKey: signaturePublicKey, certificates }]
  })
