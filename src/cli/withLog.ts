/** A log for as long as a command needs it; one that is not let go in time ends with the process. */
import { failureOf } from '../compose/endings.js'
import { terminalClock } from '../compose/terminal.js'
import type { EventStore } from '../ports/eventStore.js'

export const withLog = async <T>(
  opening: Promise<EventStore>,
  work: (events: EventStore) => Promise<T>,
): Promise<T> => {
  const events = await opening
  try {
    return await work(events)
  } finally {
    await failureOf(() => events.close(), terminalClock)
  }
}
