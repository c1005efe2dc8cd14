/** Content-Digest (RFC 9530): SHA-256 of a body as it stands in the message, the one algorithm that is made and taken here. */
import { createHash, timingSafeEqual } from 'node:crypto'

const form = /^sha-256=:([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=):$/

export const contentDigest = (body: Uint8Array): string => `sha-256=:${digest(body).toString('base64')}:`

/** Whether it has the form of ours: what other algorithms say is not asked. */
export const isContentDigest = (field: string): boolean => form.test(field)

export const isDigestOf = (field: string, body: Uint8Array): boolean => {
  const said = form.exec(field)?.[1]
  return said !== undefined && timingSafeEqual(Buffer.from(said, 'base64'), digest(body))
}

const digest = (body: Uint8Array): Buffer => createHash('sha256').update(body).digest()
