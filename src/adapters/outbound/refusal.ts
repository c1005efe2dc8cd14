/** Why a URL would be refused, as far as can be told without asking for a name. */
import { OutboundRefused } from '../../ports/outbound.js'
import type { OutboundRule } from '../../ports/outbound.js'
import { isPublic } from './publicAddress.js'
import { targetOf } from './target.js'

/** Undefined: it would be asked, where its name has an address that may be. */
export const refusalOf = (url: string, rule: OutboundRule): string | undefined => {
  try {
    const { host, isAddress, named } = targetOf(url, rule)
    if (named) return undefined
    if (isAddress ? !isPublic(host) : !host.includes('.')) return `${host}: not the internet's`
    return undefined
  } catch (error) {
    if (error instanceof OutboundRefused) return error.message
    throw error
  }
}
