/** Where a URL is asked, whatever its scheme leaves out. Pure. */

/** `b.example:443` of `https://b.example/x`; IPv6 in brackets. */
export const hostAndPort = (url: string): string => {
  const { hostname, port, protocol } = new URL(url)
  if (port !== '') return `${hostname}:${port}`
  return `${hostname}:${protocol === 'https:' ? 443 : 80}`
}
