/** Lists of revoked certificates, as every door shows them. */
import { z } from 'zod'
import { bytesOut, described, timeOut } from './fields.js'

export const revokedCertificate = z
  .object({ serial: described(z.string(), 'The serial number, in hex', '3f9a1c'), at: timeOut })
  .meta({ title: 'RevokedCertificate', description: 'A certificate that does not hold any more' })

export const revocationCursor = described(z.string().max(200), 'The `next` of the page before', '3f9a1c.k3JxTqWv.2s')

export const signedRevocations = z.object({
  cursor: described(z.string(), 'What was asked for; empty of the first page', ''),
  revoked: z.array(revokedCertificate).describe('The oldest first'),
  next: revocationCursor.optional().describe('The `cursor` of the next page, where there is one'),
  time: timeOut.describe('When that server signed it, by its clock, ms since 1970'),
  issuer: bytesOut.describe('The intermediate certificate whose key signed it, DER'),
  signature: bytesOut.describe('Over the text that docs/federation.md has'),
})
