/** Files on their way, as the store has them: until the message that carries one is on its own way. */
import type { GroupId } from '../../mls/wire/ids.js'
import type { MessageId } from '../content/messageId.js'
import type { Engine } from '../engine/engine.js'
import { decodeRecord, encodeRecord } from '../store/record.js'
import type { AssetUpload } from './assetUpload.js'

export type FileRecord = {
  readonly id: string
  readonly group: GroupId
  readonly name: string
  readonly type: string
  readonly description: string
  readonly inReplyTo: MessageId | undefined
  /** Where it was read from, in Node. */
  readonly path: string | undefined
  /** Of the message, so that it is the same one however often it is begun. */
  readonly salt: Uint8Array
  readonly upload: AssetUpload
}

const prefix = 'file/'

export const keepFile = async ({ saver }: Engine, record: FileRecord): Promise<void> => {
  saver.put(prefix + record.id, () => encodeRecord(record))
  await saver.flush()
}

/** With whatever is saved next. */
export const forgetFile = ({ saver }: Engine, { id }: FileRecord): void => {
  saver.remove(prefix + id)
}

export const keptFiles = async ({ store }: Engine): Promise<readonly FileRecord[]> => {
  const found: FileRecord[] = []
  for (const key of await store.keys(prefix)) {
    const bytes = await store.get(key)
    if (bytes !== undefined) found.push(decodeRecord(bytes) as FileRecord)
  }
  return found
}
