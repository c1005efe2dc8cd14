/** Events as EventStoreDB records them, turned into those of the port. */
import type { Json } from '../../../events/form/json.js'
import type { Meta } from '../../../events/form/meta.js'
import type { StoredEvent } from '../../../ports/eventStore.js'
import { toPosition, type Position } from '../../../ports/position.js'
import { held } from '../../serializedEvent.js'

/** As it comes: the writer's own metadata and data are texts. */
export type RecordedTexts = {
  readonly streamId: string
  readonly revision: number
  /** Commit and prepare are equal without transactions, which gRPC does not offer. */
  readonly position: number
  readonly id: string
  readonly type: string
  /** When, in 100 ns since 1970. */
  readonly created: string
  readonly meta: string
  readonly data: string
}

/** `meta` where this application wrote it: read once, whoever asks for it. */
export type RecordedEvent = Omit<RecordedTexts, 'meta'> & { readonly meta: Meta | undefined }

export const toRecordedEvent = (texts: RecordedTexts): RecordedEvent => ({
  ...texts,
  meta: isSystemEvent(texts) ? undefined : ourMeta(jsonOf(texts.meta)),
})

/** The server's own: metadata, links, scavenges, tombstones. */
export const isSystemEvent = ({ streamId, type }: Pick<RecordedTexts, 'streamId' | 'type'>): boolean =>
  streamId.startsWith('$') || type.startsWith('$')

/** Written by this application: it carries our meta. An unknown event that does is an error, and none of our business else. */
export const isOurs = ({ meta }: RecordedEvent): boolean => meta !== undefined

const ourMeta = (read: unknown): Meta | undefined => {
  if (typeof read !== 'object' || read === null) return undefined
  const { v, at, command, bodyHash, checksum } = read as { readonly [field in keyof Meta]?: unknown }
  // An event without payload has its checksum alone; one from before there were checksums, its hash.
  const sealed = typeof bodyHash === 'string' || typeof checksum === 'string'
  return Number.isFinite(v) && Number.isFinite(at) && typeof command === 'string' && sealed ? (read as Meta) : undefined
}

/** Throws RangeError past 2^53. */
export const positionOf = (event: RecordedEvent): Position => toPosition(event.position)

/** Held against its checksum. A stranger's event in one of our streams reads as erased; whoever folds it finds its type unknown. */
export const toStoredEvent = (event: RecordedEvent): StoredEvent => {
  const { streamId: stream, revision, id, type, data: text } = event
  const meta = event.meta ?? { v: 1, at: createdAt(event), command: '' }
  return held({ position: positionOf(event), stream, revision, id, type, data: jsonOf(text) ?? null, meta }, text)
}

/** Undefined where it is none. */
export const jsonOf = (text: string): Json | undefined => {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

const createdAt = ({ created }: RecordedEvent): number =>
  /^\d+$/.test(created) ? Number(BigInt(created) / 10_000n) : 0

/** Its size as sent, near enough to bound a buffer. */
export const bytesOf = ({ data }: RecordedEvent): number => data.length
