/**
 * How a stream is named that is about an id: `<category>-<random part>@<domain>`. Of another server's ids somebody else chose the
 * random part, so without the domain one server's group could stand where another's belongs. In the log what is of this server
 * stands without its domain (streams/namesInLog.ts).
 */
import { domainOf, localPart } from '../../mls/wire/ids.js'
import type { AnyId } from '../../mls/wire/ids.js'

/** Stands in no other stream's name: the rest of them are made of hashes, words and domains. */
export const homeMark = '@'

export const streamOf = (category: string, id: AnyId): string =>
  `${category}-${localPart(id)}${homeMark}${domainOf(id)}`
