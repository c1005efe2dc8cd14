/** Addresses as bytes: what a socket or a header names, without port, brackets and zone; IPv4 within IPv6 is IPv4. */
import ipaddr from 'ipaddr.js'

export type Address = {
  readonly family: 'ipv4' | 'ipv6'
  /** Canonical: the same bytes, the same text. */ readonly text: string
}

/** `198.51.100.7`, `198.51.100.7:4711`, `2001:db8::1`, `[2001:db8::1]:4711`: anything else is no address. */
export const parseAddress = (text: string): Address | undefined => {
  const ip = parseIp(bareOf(text))
  return ip === undefined ? undefined : addressOfIp(ip)
}

/** What is counted as one: an IPv4 address, the /64 of an IPv6 one, which is what one customer is given. */
export const countedAs = ({ family, text }: Address): string => {
  if (family === 'ipv4') return text
  const parts = ipaddr.IPv6.parse(text).parts.map((part, at) => (at < 4 ? part : 0))
  return `${new ipaddr.IPv6(parts).toString()}/64`
}

type Ip = ipaddr.IPv4 | ipaddr.IPv6

/** As four decimal numbers or as IPv6: no octal, no hexadecimal, no short forms. */
export const parseIp = (text: string): Ip | undefined => {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text)
  if (!ipaddr.IPv6.isValid(text)) return undefined
  const ip = ipaddr.IPv6.parse(text)
  return ip.isIPv4MappedAddress() ? ip.toIPv4Address() : new ipaddr.IPv6(ip.parts)
}

export const addressOfIp = (ip: Ip): Address => ({ family: ip.kind(), text: ip.toString() })

/** Ports are numbers, or a word that hides one (RFC 7239 §6.3). */
const port = '(?::(?:\\d{1,5}|_[A-Za-z0-9._-]+))?'
const withBrackets = new RegExp(`^\\[([0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?)\\]${port}$`)
const withPort = new RegExp(`^(\\d+\\.\\d+\\.\\d+\\.\\d+)${port}$`)

const bareOf = (text: string): string => {
  const bracketed = withBrackets.exec(text)?.[1]
  if (bracketed !== undefined) return bracketed.includes(':') ? bracketed : ''
  return withPort.exec(text)?.[1] ?? text
}
