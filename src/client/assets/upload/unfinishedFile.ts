/** What a restart, or a server that was away for too long, left of a file that was being sent. */
import type { GroupId } from '../../../mls/wire/ids.js'
import type { Message } from '../../content/message.js'
import type { Engine } from '../../engine/engine.js'
import { FileChanged } from './fileChanged.js'
import { keptFiles } from './fileRecord.js'
import { expectSource, type FileSource } from './fileSource.js'
import { discardFile, finishFile } from './sendFile.js'
import type { Transfer } from '../transfer.js'

export type UnfinishedFile = {
  readonly group: GroupId
  readonly name: string
  readonly type: string
  readonly size: number
  /** What `fileAt` was given, in Node. */
  readonly path: string | undefined
  /** When the file had been changed last, in ms, where that is known: a Blob has no such time. */
  readonly lastModified: number | undefined
  /**
   * Goes on from what the homeserver has, and sends the message. The file again, for nobody but the application can open it:
   * another one than it was is `FileChanged`.
   */
  readonly resume: (source: FileSource, options?: Transfer) => Promise<Message>
  readonly discard: () => Promise<void>
}

/** Those that are on their way in this very client are not among them. */
export const unfinishedFiles = async (engine: Engine, asked: Engine): Promise<readonly UnfinishedFile[]> =>
  (await keptFiles(engine))
    .filter(({ id }) => !engine.filesUnderWay.has(id))
    .map((record) => ({
      group: record.group,
      name: record.name,
      type: record.type,
      size: record.upload.size,
      path: record.path,
      lastModified: record.lastModified,
      resume: async (source, options = {}) => {
        expectSource('resume', source)
        // The wrong file was chosen: the right one may be yet.
        if (source.size !== record.upload.size) throw new FileChanged()
        return finishFile(asked, record, source, options)
      },
      discard: () => discardFile(asked, record),
    }))
