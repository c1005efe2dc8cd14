/** Whom a credential names: the user and client URIs of its X.509 certificate. Says nothing of trust. */
import type { Credential } from './credential.js'
import type { Identity } from './policy.js'

/** The identity in an x509 credential, or undefined when it is not exactly one user and one client of one domain. */
export const identityOf = (_credential: Credential): Identity | undefined => {
  throw new Error('being written')
}
