/** Files whose sending a restart cut short go on by themselves, where somebody can open them again. */
import type { GroupId } from '../../../mls/wire/ids.js'
import type { Engine } from '../../engine/engine.js'
import { isFinal, isRefusal, Unreachable } from '../../transport/refused.js'
import { backoffMs, wait } from '../../transport/wait.js'
import { FileChanged } from './fileChanged.js'
import { type FileRecord, keptFile, keptFiles } from './fileRecord.js'
import type { FileSource } from './fileSource.js'
import { carryFile } from './sendFile.js'

/** What is known of a file besides its name; the size and the time are those that it has to have still. */
export type SaidOfFile = {
  readonly group: GroupId
  readonly type: string
  readonly size: number
  /** In Node, of a file by `fileAt`. */
  readonly path: string | undefined
  readonly lastModified: number | undefined
}

export type OpenFile = (name: string, said: SaidOfFile) => Promise<FileSource | undefined>

/** Resolves when it is known which files there are: from then on those that are tried are under way, and not `unfinishedFiles`. */
export const resumeFiles = async (engine: Engine, openFile: OpenFile | undefined): Promise<void> => {
  const records = await keptFiles(engine)
  if (openFile === undefined) {
    for (const record of records) tellUnfinished(engine, record, 'it cannot be opened again by itself', false)
    if (records.length > 0) await engine.saver.flush()
    return
  }
  for (const { id } of records) engine.filesUnderWay.add(id)
  void resumeEach(engine, records, openFile)
}

const resumeEach = async (engine: Engine, records: readonly FileRecord[], openFile: OpenFile): Promise<void> => {
  for (const record of records) {
    const failed = await goOn(engine, record, openFile).catch((error: unknown) => error)
    engine.filesUnderWay.delete(record.id)
    if (engine.signal.aborted) return
    if (failed !== undefined) await tellFailed(engine, record, failed)
    // Nothing else comes that would save it; a save that fails is made up for by the next one.
    await engine.saver.flush().catch(() => undefined)
  }
}

/** As often as it takes: a server that is away comes back. */
const goOn = async (engine: Engine, { id }: FileRecord, openFile: OpenFile): Promise<undefined> => {
  for (let attempt = 0; ; attempt++) {
    const record = await keptFile(engine, id)
    if (record === undefined) return undefined
    try {
      await resumeOnce(engine, record, openFile)
      return undefined
    } catch (error) {
      const isAway = error instanceof Unreachable || (isRefusal(error) && !isFinal(error))
      if (!isAway) throw error
      await wait(backoffMs(attempt), engine.signal)
    }
  }
}

const resumeOnce = async (engine: Engine, record: FileRecord, openFile: OpenFile): Promise<void> => {
  const { group, name, type, path, lastModified, upload } = record
  const source = await openFile(name, { group, type, size: upload.size, path, lastModified })
  if (source === undefined) throw new Error('nobody could open it again')
  // Another file, or another time: the right one may be there later.
  if (source.size !== upload.size || isOtherTime(lastModified, source.lastModified)) throw new FileChanged()
  await carryFile(engine, record, source, {
    onSaid: (plaintext) => {
      engine.inbox.push({ type: 'fileSent', group, plaintext })
    },
  })
}

const isOtherTime = (before: number | undefined, now: number | undefined): boolean =>
  before !== undefined && now !== undefined && before !== now

const tellFailed = async (engine: Engine, record: FileRecord, error: unknown): Promise<void> => {
  const isOver = (await keptFile(engine, record.id)) === undefined
  tellUnfinished(engine, record, error instanceof Error ? error.message : String(error), isOver)
}

const tellUnfinished = ({ inbox }: Engine, { group, name }: FileRecord, reason: string, isOver: boolean): void => {
  inbox.push({ type: 'fileUnfinished', group, name, reason, isOver })
}
