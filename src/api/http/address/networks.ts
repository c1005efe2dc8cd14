/** Whether an address is one of those that were listed, each alone or as a network. */
import type { BlockList } from 'node:net'
import type { Address } from '../../../structures/address.js'

export const isIn = (addresses: BlockList, { family, text }: Address): boolean => addresses.check(text, family)
