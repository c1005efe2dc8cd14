/** Knows a message again where a store may hold it twice under one id. */
import { categoryOf } from '../events/anyEvent.js'
import { firstTime } from '../events/form/firstTime.js'
import type { StoredEvent } from '../ports/eventStore.js'

/** A retry follows its first try within minutes; so many messages may come in between. */
const rememberedMax = 200_000

/** Answers whether an event is new: of messages, whether none had its id in its stream lately; all others are. */
export const notSeenBefore = (max = rememberedMax): ((event: StoredEvent) => boolean) => {
  const isFirst = firstTime(max)
  return (event) => categoryOf(event.stream) !== 'messages' || isFirst(event)
}
