/** A log for as long as a command needs it. */
import type { EventStore } from '../ports/eventStore.js'

export const withLog = async <T>(
  opening: Promise<EventStore>,
  work: (events: EventStore) => Promise<T>,
): Promise<T> => {
  const events = await opening
  try {
    return await work(events)
  } finally {
    await events.close()
  }
}
