/** The address that an application gives of its homeserver: one that cannot be right is refused before anything is tried. */

/** The base URL, without a slash at its end. Throws TypeError. */
export const serverAddress = (server: unknown): string => {
  if (typeof server !== 'string') throw new TypeError(`server: expected a URL, got ${String(server)}`)
  const base = server.trim().replace(/\/+$/, '')
  if (!/^https?:\/\//i.test(base)) {
    const hint = /^[a-z][a-z0-9+.-]*:\/\//i.test(base) ? 'https:// or http:// is spoken here' : `is it https://${base}?`
    throw new TypeError(`server: "${server}" is no URL of a homeserver: ${hint}`)
  }
  if (!URL.canParse(base)) throw new TypeError(`server: "${server}" is no URL`)
  const { search, hash, username } = new URL(base)
  if (search + hash + username !== '') throw new TypeError(`server: "${server}" has more than host, port and path`)
  return base
}
