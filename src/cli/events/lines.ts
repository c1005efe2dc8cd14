/** Events as lines: where, when, what, by which command, because of what; nothing in them moves the terminal. */
import type { StoredEvent } from '../../ports/eventStore.js'
import { printable, when } from '../printable.js'

/** `17 2026-11-30T08:00:00.000Z UserRegistered user-…@0 1b9d…`, then request and cause where there are any. */
export const lineOfEvent = (event: StoredEvent): string => {
  const { position, stream, revision, id, type, meta, damage } = event
  return [
    position,
    when(meta.at),
    printable(type),
    `${printable(stream)}@${revision}`,
    printable(id),
    ...(meta.request === undefined ? [] : [`request=${printable(meta.request)}`]),
    ...(meta.cause === undefined ? [] : [`cause=${printable(meta.cause)}`]),
    ...(event.data === null && damage === undefined ? ['erased'] : []),
    ...(damage === undefined ? [] : [`damaged: ${printable(damage)}`]),
  ].join(' ')
}

export const shownEvent = (event: StoredEvent, asJson: boolean): string =>
  asJson ? JSON.stringify(event) : lineOfEvent(event)
