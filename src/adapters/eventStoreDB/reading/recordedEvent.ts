/** Events as the client gives them, turned into those of the port. */
import type { AllStreamResolvedEvent, ResolvedEvent } from '@eventstore/db-client'
import type { Json } from '../../../events/form/json.js'
import type { Meta } from '../../../events/form/meta.js'
import type { StoredEvent } from '../../../ports/eventStore.js'
import { toPosition, type Position } from '../../../ports/position.js'
import { held } from '../../serializedEvent.js'

export type RecordedEvent = NonNullable<AllStreamResolvedEvent['event'] | ResolvedEvent['event']>

/** The server's own: metadata, links, scavenges, tombstones. */
export const isSystemEvent = ({ streamId, type }: RecordedEvent): boolean =>
  streamId.startsWith('$') || type.startsWith('$')

/** Written by this application: it carries our meta. An unknown event that does is an error, and none of our business else. */
export const isOurs = ({ metadata }: RecordedEvent): boolean => {
  const { v, at, command, bodyHash, checksum } = fieldsOf(metadata)
  // An event without payload has its checksum alone; one from before there were checksums, its hash.
  const sealed = typeof bodyHash === 'string' || typeof checksum === 'string'
  return [v, at].every(Number.isFinite) && typeof command === 'string' && sealed
}

/** The client gives whatever JSON stands there, and bytes where none does. */
const fieldsOf = (metadata: unknown): { readonly [field in keyof Meta]?: unknown } =>
  typeof metadata === 'object' && metadata !== null ? metadata : {}

/** Commit and prepare are equal without transactions, which gRPC does not offer. Throws RangeError past 2^53. */
export const positionOf = (event: RecordedEvent): Position => {
  if (event.position === undefined) throw new RangeError(`no position: ${event.streamId}@${event.revision}`)
  return toPosition(event.position.commit)
}

/** Held against its checksum. */
export const toStoredEvent = (event: RecordedEvent): StoredEvent =>
  held({
    position: positionOf(event),
    stream: event.streamId,
    revision: Number(event.revision),
    id: event.id,
    type: event.type,
    data: dataOf(event),
    meta: metaOf(event),
  })

/** A stranger's event in one of our streams reads as erased; whoever folds it finds its type unknown. */
const dataOf = ({ data }: RecordedEvent): Json => {
  if (!(data instanceof Uint8Array)) return data as Json
  try {
    return JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8')) as Json
  } catch {
    return null
  }
}

const metaOf = (event: RecordedEvent): Meta =>
  isOurs(event) ? (event.metadata as Meta) : { v: 1, at: event.created.getTime(), command: '' }

/** Its size as sent, near enough to bound a buffer. */
export const bytesOf = ({ data }: RecordedEvent): number => (data instanceof Uint8Array ? data.byteLength : 1_024)
