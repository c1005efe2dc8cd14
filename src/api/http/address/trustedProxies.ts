/** The proxies in front of us, and the one header in which they say for whom they ask. */
import { BlockList } from 'node:net'
import { addressOfIp, parseIp } from '../../../structures/address.js'

/** The families of headers that name addresses; one of them is believed. */
export const proxyHeaders = ['x-forwarded-for', 'forwarded'] as const
export type ProxyHeader = (typeof proxyHeaders)[number]

/** `addresses` undefined: nobody is trusted. */
export type TrustedProxies = { readonly addresses: BlockList | undefined; readonly header: ProxyHeader }

export const nobodyTrusted: TrustedProxies = { addresses: undefined, header: 'x-forwarded-for' }

/** Addresses and networks (`10.0.0.0/8`); the first that is neither, if one is. */
export const readProxies = (
  listed: readonly string[],
): { readonly addresses: BlockList | undefined } | { readonly unknown: string } => {
  if (listed.length === 0) return { addresses: undefined }
  const addresses = new BlockList()
  for (const entry of listed) if (!add(addresses, entry)) return { unknown: entry }
  return { addresses }
}

const add = (addresses: BlockList, entry: string): boolean => {
  const [written = '', length] = entry.split(/\/(.*)/s, 2)
  const ip = parseIp(written)
  if (ip === undefined) return false
  const { family, text } = addressOfIp(ip)
  if (length === undefined) {
    addresses.addAddress(text, family)
    return true
  }
  // The length of an IPv4 network that is written as IPv6 counts from the start of that.
  const bits = Number(length) - (family === 'ipv4' && written.includes(':') ? 96 : 0)
  if (!/^\d{1,3}$/.test(length) || bits < 0 || bits > (family === 'ipv4' ? 32 : 128)) return false
  addresses.addSubnet(text, bits, family)
  return true
}
