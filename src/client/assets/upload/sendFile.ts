/** Sends a file: its bytes to the homeserver, then a message that says where they are and how they open. */
import type { GroupId } from '../../../mls/wire/ids.js'
import type { Urgency } from '../../api/groups.js'
import { type Message, readMessage } from '../../content/message.js'
import { saltBytes } from '../../content/mimiContent.js'
import { type Named, newMessage, sealDraft } from '../../content/newContent.js'
import { randomBytes, randomId } from '../../crypto/random.js'
import type { Engine } from '../../engine/engine.js'
import { engineWithin } from '../../engine/within.js'
import { activeRecord } from '../../groups/commit.js'
import { tagged } from '../../groups/franking.js'
import { send } from '../../groups/sending/send.js'
import { isFinal, Refused } from '../../transport/refused.js'
import { type AssetReference, attachmentOf } from '../sealed/assetReference.js'
import { newAssetUpload } from './assetUpload.js'
import { sealedSizeOf } from '../sealed/chunks.js'
import { assetBytesMax } from './fileBytesMax.js'
import { FileChanged } from './fileChanged.js'
import { type FileRecord, forgetFile, keepFile } from './fileRecord.js'
import type { FileSource } from './fileSource.js'
import type { Transfer } from '../transfer.js'
import { carryUpload, takeBack } from './uploadAsset.js'

/** `name` and `type` where the file does not say them itself; `description` for who does not see it (alt text). */
export type FileOptions = Transfer & {
  readonly name?: string
  readonly type?: string
  readonly description?: string
  readonly inReplyTo?: Named
  /** As of `send`. */
  readonly urgency?: Urgency
}

export const sendFile = async (
  engine: Engine,
  group: GroupId,
  source: FileSource,
  options: FileOptions,
): Promise<Message> => {
  const { signal, inReplyTo } = options
  activeRecord(engine, group)
  const asked = signal === undefined ? engine : engineWithin(engine, signal)
  await expectRoom(asked, source)
  const record: FileRecord = {
    id: randomId(),
    group,
    name: options.name ?? source.name ?? '',
    type: [options.type, source.type].find((type) => type !== undefined && type !== '') ?? 'application/octet-stream',
    description: options.description ?? '',
    inReplyTo: inReplyTo?.id,
    ...(options.urgency === undefined ? {} : { urgency: options.urgency }),
    path: source.path,
    lastModified: source.lastModified,
    salt: randomBytes(saltBytes),
    upload: await newAssetUpload(source, { class: 'message', signal: asked.signal }),
  }
  await keepFile(asked, record)
  return finishFile(engine, record, source, options)
}

/** What is too large is said before the file is read. */
const expectRoom = async ({ api }: Engine, { size }: FileSource): Promise<void> => {
  const max = await assetBytesMax(api)
  const actual = sealedSizeOf(size)
  if (actual <= max) return
  const said = { type: 'about:blank', status: 413, title: 'The file is larger than it may be', requestId: '' }
  throw new Refused({ ...said, code: 'too-large', max, actual })
}

/** From wherever it is. What cannot come to an end, or was called off by its own signal, is forgotten; else it stays unfinished. */
export const finishFile = async (
  engine: Engine,
  record: FileRecord,
  source: FileSource,
  transfer: Transfer,
): Promise<Message> => {
  if (engine.filesUnderWay.has(record.id)) throw new Error(`${record.name} is on its way already`)
  engine.filesUnderWay.add(record.id)
  try {
    return await carryFile(engine, record, source, transfer)
  } finally {
    engine.filesUnderWay.delete(record.id)
  }
}

/** Of one that is among the files under way. `onSaid` is told with the write that has the message on its way. */
export const carryFile = async (
  engine: Engine,
  record: FileRecord,
  source: FileSource,
  { onProgress, signal, onSaid }: Transfer & { readonly onSaid?: OnSaid },
): Promise<Message> => {
  const asked = signal === undefined ? engine : engineWithin(engine, signal)
  let known = record
  const onReserved = (upload: FileRecord['upload']): Promise<void> => {
    known = { ...record, upload }
    return keepFile(engine, known)
  }
  try {
    const carried = { onReserved, ...(onProgress === undefined ? {} : { onProgress }) }
    return await sayFile(asked, record, await carryUpload(asked, record.upload, source, carried), onSaid)
  } catch (error) {
    const isOver = isFinal(error) || error instanceof FileChanged || signal?.aborted === true
    if (isOver && !engine.signal.aborted) await discardFile(engine, known)
    throw error
  }
}

type OnSaid = (plaintext: Uint8Array) => void

const sayFile = async (
  engine: Engine,
  record: FileRecord,
  reference: AssetReference,
  onSaid: OnSaid = () => undefined,
): Promise<Message> => {
  const { group, type, name, description, inReplyTo, salt, urgency } = record
  const { user, client } = engine.account
  const attachment = attachmentOf(reference, { contentType: type, filename: name, description })
  const draft = newMessage({ attachment, ...(inReplyTo === undefined ? {} : { inReplyTo: { id: inReplyTo } }) })
  const plaintext = sealDraft(draft, { sender: user, room: group, salt })
  // Gone with the very write that has the message on its way: neither is it sent twice, nor is it lost.
  let isSaid = false
  const said = { plaintext, authenticatedData: tagged(plaintext), ...(urgency === undefined ? {} : { urgency }) }
  await send(engine, group, said, () => {
    forgetFile(engine, record)
    // An epoch that ends under it has it encrypted once more.
    if (!isSaid) onSaid(plaintext)
    isSaid = true
  })
  return readMessage(plaintext, { group, from: { user, client }, seal: new Uint8Array() })
}

export const discardFile = async (engine: Engine, record: FileRecord): Promise<void> => {
  forgetFile(engine, record)
  await engine.saver.flush()
  const { asset } = record.upload
  if (asset !== undefined) await takeBack(engine, asset)
}
