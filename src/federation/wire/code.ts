/** Enums of one byte: a name for each number, and nothing for any other. */
import { readUint8 } from '../../mls/bytes/reader.js'
import { refuse } from '../../mls/bytes/refusal.js'
import { writeUint8 } from '../../mls/bytes/writer.js'
import type { Codec } from './body.js'

/** `what`: the reason of the refusal of another number. */
export const codeOf = <Name extends string>(what: string, numbers: Readonly<Record<Name, number>>): Codec<Name> => {
  const names = new Map(Object.entries<number>(numbers).map(([name, number]) => [number, name as Name]))
  return {
    read: (reader) => names.get(readUint8(reader)) ?? refuse('malformed', what),
    write: (writer, name) => {
      writeUint8(writer, numbers[name])
    },
  }
}

/** `Protocol` of the draft: there is one. */
export const protocol: Codec<'mls10'> = {
  read: (reader) => (readUint8(reader) === 1 ? 'mls10' : refuse('unsupported-message', 'protocol')),
  write: (writer) => {
    writeUint8(writer, 1)
  },
}
