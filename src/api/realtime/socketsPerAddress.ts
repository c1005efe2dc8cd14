/** How many sockets each address has open, so that one address cannot have them all. */
import type { Limits } from '../../limits/limits.js'

export type SocketsPerAddress = {
  readonly max: () => number
  /** Whether it has as many as it may. */
  readonly isFull: (address: string) => boolean
  readonly add: (address: string) => void
  readonly remove: (address: string) => void
}

export const countSocketsPerAddress = (limits: Pick<Limits, 'websocketsPerAddressMax'>): SocketsPerAddress => {
  const counts = new Map<string, number>()
  const of = (address: string): number => counts.get(address) ?? 0
  const max = (): number => limits.websocketsPerAddressMax
  return {
    max,
    isFull: (address) => of(address) >= max(),
    add: (address) => void counts.set(address, of(address) + 1),
    remove: (address) => {
      const left = of(address) - 1
      if (left > 0) counts.set(address, left)
      else counts.delete(address)
    },
  }
}
