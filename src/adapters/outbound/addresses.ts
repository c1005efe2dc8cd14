/** Which addresses of a target may be connected to: those that were checked, and no name any more. */
import { isIP } from 'node:net'
import { OutboundRefused, OutboundUnreachable } from '../../ports/outbound.js'
import { isPublic } from './publicAddress.js'
import type { Resolve } from './resolve.js'
import type { Target } from './target.js'

export type Resolvers = { readonly ofNamed: Resolve; readonly ofOthers: Resolve }

/** So many are tried. */
const addressesMax = 4

/** One at least. Throws OutboundRefused where there are only such as are not spoken to, OutboundUnreachable where there are none. */
export const addressesOf = async (target: Target, resolvers: Resolvers): Promise<readonly string[]> => {
  const found = target.isAddress ? [target.host] : await resolved(target, resolvers)
  const checked = found.filter((address) => isIP(address) !== 0 && (target.named || isPublic(address)))
  if (checked.length === 0) throw new OutboundRefused(`${target.authority}: its addresses are not the internet's`)
  return checked.slice(0, addressesMax)
}

const resolved = async ({ host, named }: Target, resolvers: Resolvers): Promise<readonly string[]> => {
  try {
    const found = await (named ? resolvers.ofNamed(host) : resolvers.ofOthers(host))
    if (found.length > 0) return found
  } catch (error) {
    throw new OutboundUnreachable(`${host}: no such name`, { cause: error })
  }
  throw new OutboundUnreachable(`${host}: no such name`)
}
