/** Digests as HTTP writes them (RFC 9530): a dictionary of algorithms, of which SHA-256 counts here. */

/** The value of Content-Digest or Repr-Digest for a SHA-256 in unpadded base64url. */
export const digestField = (digest: string): string =>
  `sha-256=:${Buffer.from(digest, 'base64url').toString('base64')}:`

/** The SHA-256 of such a value, base64url; undefined where there is none, or none that is one. */
export const sha256In = (value: string | undefined): string | undefined => {
  const members = (value ?? '').split(',').flatMap((member) => {
    const found = /^\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*$/.exec(member)?.[1]
    return found === undefined ? [] : [Buffer.from(found, 'base64').toString('base64url')]
  })
  return members.length === 1 ? members[0] : undefined
}
