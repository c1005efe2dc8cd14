/** Hash references (RFC 9420 §5.2): how KeyPackages and proposals are named. */
import type { PublicMessage } from './framing.js'
import type { KeyPackage } from './keyPackage.js'

export const keyPackageRef = (_keyPackage: KeyPackage): Uint8Array => {
  throw new Error('being written')
}

/** The ProposalRef of a proposal that came as a PublicMessage. */
export const proposalRef = (_cipherSuite: number, _message: PublicMessage): Uint8Array => {
  throw new Error('being written')
}
