/** A moment of the log's history, and where one stream stood then. */
import type { EventStore } from '../ports/eventStore.js'
import { toPosition } from '../ports/position.js'

/** Up to and with a position of the log, or a time: ms since 1970. */
export type Moment = { readonly position: number } | { readonly at: number }

/** The last event of a stream that counts. */
export type StreamPlace = { readonly revision: number; readonly position: number; readonly at: number }

const pageEvents = 500

/** Undefined where the stream had nothing yet. By a time: all that stands before the first event that is younger. */
export const placeAt = async (
  events: Pick<EventStore, 'readStream'>,
  stream: string,
  moment: Moment,
): Promise<StreamPlace | undefined> => {
  let place: StreamPlace | undefined
  for (let from = 0; ;) {
    const page = await events.readStream(stream, { from, limit: pageEvents })
    for (const { revision, position, meta } of page) {
      if ('position' in moment ? position > moment.position : meta.at > moment.at) return place
      place = { revision, position, at: meta.at }
    }
    if (page.length < pageEvents) return place
    from = (page.at(-1)?.revision ?? from) + 1
  }
}

/** By which what had expired is told, ms since 1970: of a position, when the event there (or the next one) was written. */
export const timeOfMoment = async (events: Pick<EventStore, 'readAll'>, moment: Moment): Promise<number> => {
  if ('at' in moment) return moment.at
  const after = toPosition(Math.max(0, moment.position - 1))
  const [event] = await events.readAll({ after, limit: 1 })
  return event?.meta.at ?? Infinity
}
