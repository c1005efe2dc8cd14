/** Events of other applications in the same store: passed over, counted once each, and said once. */
import type { Logger } from '../../../ports/logger.js'
import type { Position } from '../../../ports/position.js'
import { isOurs, isSystemEvent, positionOf, type RecordedEvent } from './recordedEvent.js'

export type Strangers = {
  /** Whether a reader of the log is to see it; counts it when it is another application's. */
  readonly isForReaders: (event: RecordedEvent) => boolean
  /** Seen since the start, whoever read them. */
  readonly count: () => number
}

export const createStrangers = (logger: Logger): Strangers => {
  let counted = 0
  /** Many read the same places: only what lies above all others is new. */
  let upTo: Position | undefined

  const see = (event: RecordedEvent): void => {
    const position = positionOf(event)
    if (upTo !== undefined && position <= upTo) return
    upTo = position
    if (counted++ > 0) return
    logger.warn('events of another application stand in this store and are passed over', {
      store: 'EventStoreDB',
      stream: event.streamId,
      position,
    })
  }

  const isForReaders: Strangers['isForReaders'] = (event) => {
    if (isSystemEvent(event)) return false
    if (isOurs(event)) return true
    see(event)
    return false
  }

  return { isForReaders, count: () => counted }
}
