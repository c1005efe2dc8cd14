/** Which addresses are the internet's: global unicast, and nobody's network within ours. */
import ipaddr from 'ipaddr.js'
import { parseIp } from '../../structures/address.js'

/** False for what is no address. Whatever hides an IPv4 address in an IPv6 one is none of the internet's. */
export const isPublic = (text: string): boolean => {
  // An IPv4 address that is written as IPv6 is one that somebody wanted to be overlooked.
  const ip = parseIp(text)
  if (ip === undefined || text.includes('%') || (ip.kind() === 'ipv4' && text.includes(':'))) return false
  if (ip instanceof ipaddr.IPv4) return !notPublic4.some((network) => ip.match(network))
  return ip.match(globalUnicast) && !notPublic6.some((network) => ip.match(network))
}

const ipv4 = (text: string): [ipaddr.IPv4, number] => ipaddr.IPv4.parseCIDR(text)
const ipv6 = (text: string): [ipaddr.IPv6, number] => ipaddr.IPv6.parseCIDR(text)

/** IANA's special-purpose registry (RFC 6890), and one address of a cloud that every machine in it has for itself. */
const notPublic4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
].map(ipv4)

/** All else is not given out: mapped, compatible and translated IPv4 (NAT64), unique local, link-local, multicast. */
const globalUnicast = ipv6('2000::/3')
/** Protocol assignments (Teredo, ORCHID, benchmarks), documentation, 6to4, and the 6bone that was. */
const notPublic6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3ffe::/16', '3fff::/20'].map(ipv6)
