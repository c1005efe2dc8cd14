/** What a decider accepted becomes an event to append: with its id, what surrounds it, and its seal. */
import { randomBytes } from 'node:crypto'
import { saltBytes, sealedMeta } from '../events/checksum.js'
import type { Json } from '../events/json.js'
import { currentShape } from '../events/parser.js'
import type { Shapes } from '../events/parser.js'
import type { NewEvent } from '../ports/eventStore.js'
import { eventId } from './commandId.js'
import type { CommandContext, Fact } from './decider.js'

export type EventMaker = (
  shapes: Shapes,
  stream: string,
  command: CommandContext,
  event: Fact,
  index: number,
) => NewEvent

export const eventMaker = (): EventMaker => {
  const nextSalt = saltSource()
  return (shapes, stream, command, { type, data }, index) => {
    const bare = { id: eventId(command.id, index), type, data: data as Json, meta: metaOf(shapes, command, type) }
    return { ...bare, meta: sealedMeta({ stream, ...bare }, nextSalt()) }
  }
}

const metaOf = (shapes: Shapes, { id, bodyHash, at, cause }: CommandContext, type: string): NewEvent['meta'] => ({
  v: currentShape(shapes, type),
  at,
  command: id,
  bodyHash,
  ...(cause === undefined ? {} : { cause }),
})

/** Random bytes are asked for many at a time: one by one they cost as much as a hash. */
const saltSource = (): (() => Uint8Array) => {
  let bytes = randomBytes(0)
  return () => {
    if (bytes.length === 0) bytes = randomBytes(256 * saltBytes)
    const salt = bytes.subarray(0, saltBytes)
    bytes = bytes.subarray(saltBytes)
    return salt
  }
}
