/** From a certificate request to a vouched key, as the routes that take one do it. */
import { createHash } from 'node:crypto'
import { bytesIn } from '../../contract/fields.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { VouchedKey } from '../../events/user.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { ClientId, UserId } from '../../mls/wire/ids.js'
import type { Authority, CertificateRequest } from '../../ports/authority.js'

export const csrField = bytesIn.describe('A PKCS#10 certificate request, DER, signed by the MLS signature key')
/** Bytes of a certificate request: ten times what one needs. */
const certificateRequestBytesMax = 4_096

/** The request, when it is sound and names exactly this user and client of our domain. */
export const readRequestOf = async (
  authority: Authority,
  csr: Uint8Array,
  names: { readonly user: UserId; readonly client: ClientId },
): Promise<CertificateRequest | Rejected> => {
  if (csr.length > certificateRequestBytesMax) {
    return reject({ code: 'too-large', max: certificateRequestBytesMax, actual: csr.length })
  }
  if (domainOf(names.user) !== authority.domain || domainOf(names.client) !== authority.domain) {
    return reject({ code: 'identity-mismatch', detail: `only ids of ${authority.domain} are vouched for here` })
  }
  const request = await authority.readRequest(csr)
  if ('unreadable' in request) return reject({ code: 'malformed', detail: `csr: ${request.unreadable}` })
  if (request.user !== names.user || request.client !== names.client) {
    return reject({ code: 'identity-mismatch', detail: 'csr: it names others than the request does' })
  }
  return request
}

export const vouchFor = async (
  authority: Authority,
  request: CertificateRequest,
  at: number,
  lifetimeMs: number,
): Promise<VouchedKey> => {
  const { certificate, issuer, serial, notAfter } = await authority.issue(request, at, lifetimeMs)
  return {
    algorithm: request.algorithm,
    signatureKey: toBase64url(request.signatureKey),
    certificate: toBase64url(certificate),
    issuer: toBase64url(issuer),
    serial,
    notAfter,
  }
}

/** The chain as it stands in an MLS credential. */
export const chainOf = ({ certificate, issuer }: VouchedKey): readonly string[] => [certificate, issuer]

/** By what a signature key is known in the log: SHA-256, base64url. */
export const keyHashOf = ({ signatureKey }: Pick<CertificateRequest, 'signatureKey'>): string =>
  createHash('sha256').update(signatureKey).digest('base64url')
