/** An accepted event as it goes into the log: under an id that repeats with its command, and sealed. */
import { sealedMeta } from '../events/form/checksum.js'
import type { Json } from '../events/form/json.js'
import { currentShape } from '../events/form/parser.js'
import { isUntraced } from '../events/form/untraced.js'
import type { NewEvent } from '../ports/eventStore.js'
import { eventId } from './commandId.js'
import type { Aggregate, CommandContext, Fact } from './decider.js'
import { newSalt } from './salts.js'

export const newEvent = <Event extends Fact>(
  shapes: Aggregate<unknown, Event>['shapes'],
  stream: string,
  command: CommandContext,
  event: Event,
  index: number,
): NewEvent => {
  const bare = {
    id: eventId(command.id, index),
    type: event.type,
    data: event.data as Json,
    meta: {
      v: currentShape(shapes, event.type),
      at: command.at,
      command: command.id,
      bodyHash: command.bodyHash,
      ...(command.request === undefined || isUntraced(event.type) ? {} : { request: command.request }),
      ...(command.cause === undefined ? {} : { cause: command.cause }),
      ...(command.hub === undefined ? {} : { hub: command.hub }),
    },
  }
  return { ...bare, meta: sealedMeta({ stream, ...bare }, newSalt()) }
}
