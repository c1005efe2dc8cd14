/** Whom a credential names: the user and client URIs of its X.509 certificate. Says nothing of trust. */
import { onceEach } from '../../structures/onceEach.js'
import { toBase64url } from '../bytes/base64url.js'
import { type Certificate, parseCertificate } from '../x509/certificate.js'
import type { Credential } from '../wire/credential.js'
import { domainOf, parseClientId, parseUserId } from '../wire/ids.js'
import type { Identity } from './policy.js'
import { attempt } from '../bytes/refusal.js'

/** The identity in an x509 credential, or undefined when it is not exactly one user and one client of one domain. */
export const identityOf = onceEach((credential: Credential): Identity | undefined => {
  const [certificate] = credential.type === 'x509' ? credential.certificates : []
  if (certificate === undefined) return undefined
  const parsed = attempt(() => parseCertificate(certificate))
  return parsed.ok ? identityIn(parsed.value) : undefined
})

/** The SAN must hold exactly the user's and the client's URI, in either order, and nothing else. */
export const identityIn = (certificate: Certificate): Identity | undefined => {
  const uris = certificate.uris ?? []
  const [user] = uris.map(parseUserId).filter((id) => id !== undefined)
  const [client] = uris.map(parseClientId).filter((id) => id !== undefined)
  if (uris.length !== 2 || user === undefined || client === undefined) return undefined
  const domain = domainOf(client)
  return domainOf(user) === domain ? { user, client, domain } : undefined
}

/** What tells one client from another in a group: its URI, or what its credential has instead of one. */
export const clientKeyOf = onceEach(
  (credential: Credential): string => identityOf(credential)?.client ?? rawKey(credential),
)

const rawKey = (credential: Credential): string =>
  credential.type === 'basic'
    ? `basic ${toBase64url(credential.identity)}`
    : `x509 ${credential.certificates.slice(0, 1).map(toBase64url).join()}`
