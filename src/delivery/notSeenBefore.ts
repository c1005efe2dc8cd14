/** Knows a message again where a store may hold it twice under one id: EventStoreDB does after a retry whose first try it forgot. */
import { categoryOf } from '../events/anyEvent.js'
import type { StoredEvent } from '../ports/eventStore.js'
import { keepNewest } from '../structures/newest.js'

/** A retry follows its first try within minutes; so many messages may come in between. */
const rememberedMax = 200_000

/** Answers whether an event is new: of messages, whether none had its id in its stream lately; all others are. */
export const notSeenBefore = (max = rememberedMax): ((event: StoredEvent) => boolean) => {
  const seen = keepNewest<string, true>(max)
  return ({ stream, id }) => {
    if (categoryOf(stream) !== 'messages') return true
    const name = `${stream} ${id}`
    if (seen.has(name)) return false
    seen.set(name, true)
    return true
  }
}
