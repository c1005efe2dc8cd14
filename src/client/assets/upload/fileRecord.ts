/** Files on their way, as the store has them: until the message that carries one is on its own way. */
import type { Urgency } from '../../api/groups.js'
import type { GroupId } from '../../../mls/wire/ids.js'
import type { MessageId } from '../../content/messageId.js'
import type { Engine } from '../../engine/engine.js'
import { decodeRecord, encodeRecord } from '../../store/record.js'
import type { AssetUpload } from './assetUpload.js'

export type FileRecord = {
  readonly id: string
  readonly group: GroupId
  readonly name: string
  readonly type: string
  readonly description: string
  readonly inReplyTo: MessageId | undefined
  readonly urgency?: Urgency
  /** Where it was read from, in Node. */
  readonly path: string | undefined
  /** When it was changed last, in ms, where that is known. */
  readonly lastModified: number | undefined
  /** Of the message, so that it is the same one however often it is begun. */
  readonly salt: Uint8Array
  readonly upload: AssetUpload
}

const prefix = 'file/'

export const keepFile = async ({ saver }: Engine, record: FileRecord): Promise<void> => {
  saver.put(prefix + record.id, () => encodeRecord(record))
  await saver.flush()
}

/** Undefined where it has been sent, given up or discarded meanwhile. */
export const keptFile = async ({ store }: Engine, id: string): Promise<FileRecord | undefined> => {
  const bytes = await store.get(prefix + id)
  return bytes === undefined ? undefined : (decodeRecord(bytes) as FileRecord)
}

/** With whatever is saved next. */
export const forgetFile = ({ saver }: Engine, { id }: FileRecord): void => {
  saver.remove(prefix + id)
}

export const keptFiles = async (engine: Engine): Promise<readonly FileRecord[]> => {
  const ids = (await engine.store.keys(prefix)).map((key) => key.slice(prefix.length))
  const found = await Promise.all(ids.map((id) => keptFile(engine, id)))
  return found.filter((record) => record !== undefined)
}
