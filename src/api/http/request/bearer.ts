/** The bearer token of an Authorization header (RFC 6750 §2.1). */

export const bearerTokenIn = (authorization: string | undefined): string | undefined =>
  /^Bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(authorization ?? '')?.[1]
