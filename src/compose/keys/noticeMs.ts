/** How long before its use a key is named, where several processes have to hear of it, ms. */
import type { EventStore } from '../../ports/eventStore.js'

/** They look every five seconds. */
const severalMs = 60_000

export const noticeMs = ({ exclusive }: Pick<EventStore, 'exclusive'>): number => (exclusive ? 0 : severalMs)
