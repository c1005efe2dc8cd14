/** The default read models: a SQLite file for each version of each, written by a thread, read here. */
import { join } from 'node:path'
import { StorageFull, StoreUnavailable } from '../../../ports/eventStore.js'
import { firstBuild } from '../../../ports/readModels.js'
import type { Change, KeyPart, ReadModel, ReadModels, Row, Schema } from '../../../ports/readModels.js'
import { buildName, checkSchema, fieldOf, keyOfChange, tableOf } from '../../readModelRequests.js'
import { amongReads, besideOthers } from '../../system/turns.js'
import { startThread, type Thread } from '../thread.js'
import { viewStandingsIn } from './viewStandings.js'
import { columnsOf } from './viewTables.js'
import { rowCounter, type RowCounter } from './rowCounter.js'
import type { ViewAnswer, ViewRequest } from './viewMessages.js'
import { openViewReader, type ViewReader } from './viewReader.js'
import type { TableChanges } from './viewWriter.js'

type ViewThread = Thread<ViewRequest, ViewAnswer>
type Views = {
  /** One that writes for all, and one for each further build: what is built from the beginning holds up nobody. */
  readonly threads: Map<string, ViewThread>
  readonly main: ViewThread
  readonly counter: RowCounter
  readonly readers: Map<string, ViewReader>
}

/** Rows that are read, or made ready to be written, without a turn for others between them. */
const sliceRows = 32

const startWriter = (): Promise<ViewThread> => startThread(new URL('./viewWorker.js', import.meta.url))

/** Keeps its files in `<directory>/views`; whoever opens it holds the directory's lock (the event store does). */
export const openEmbeddedReadModels = async (options: { readonly directory: string }): Promise<ReadModels> => {
  const views: Views = {
    main: await startWriter(),
    threads: new Map(),
    counter: rowCounter(),
    readers: new Map(),
  }
  const fileOf = (schema: Schema, build: number): string =>
    join(options.directory, 'views', `${buildName(schema, build)}.db`)
  const closeReader = (file: string): void => {
    views.readers.get(file)?.close()
    views.readers.delete(file)
  }
  const forget = async (file: string): Promise<void> => {
    closeReader(file)
    await views.counter.forget(file)
  }
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    for (const file of [...views.readers.keys()]) closeReader(file)
    await views.counter.close()
    for (const thread of [...views.threads.values(), views.main]) await thread.end({ type: 'close' })
  }
  return {
    description: 'embedded',
    open: async (schema, logId, build = firstBuild) => {
      checkSchema(schema)
      const file = fileOf(schema, build)
      if (build !== firstBuild && !views.threads.has(file)) views.threads.set(file, await startWriter())
      await forget(file)
      await ask(threadOf(views, file), { type: 'open', file, schema, logId })
      closeReader(file)
      views.readers.set(file, openViewReader(file, schema))
      return readModelOf(views, file, schema)
    },
    drop: async (schema, build) => {
      const file = fileOf(schema, build)
      await forget(file)
      await ask(threadOf(views, file), { type: 'drop', file })
      await views.threads.get(file)?.end({ type: 'close' })
      views.threads.delete(file)
    },
    standings: () =>
      new Promise((resolve) => {
        resolve(viewStandingsIn(join(options.directory, 'views')))
      }),
    close: () => (closing ??= close()),
  }
}

const threadOf = ({ threads, main }: Views, file: string): ViewThread => threads.get(file) ?? main

const ask = async (thread: ViewThread, request: ViewRequest): Promise<'done' | 'applied' | 'conflict'> => {
  const answer = await thread.ask(request)
  if (typeof answer === 'string') return answer
  throw answer.failure === 'full' ? new StorageFull(answer.reason) : new StoreUnavailable(answer.reason)
}

const readModelOf = (views: Views, file: string, schema: Schema): ReadModel => {
  const { readers } = views
  const read = async <Result>(work: (reader: ViewReader) => Result): Promise<Result> => {
    await amongReads()
    const reader = readers.get(file)
    if (reader === undefined) throw new StoreUnavailable(`the read model ${schema.name} is closed`)
    return work(reader)
  }
  const getMany = async (table: string, keys: readonly (readonly KeyPart[])[]): Promise<(Row | undefined)[]> => {
    const rows: (Row | undefined)[] = []
    for (let at = 0; at < keys.length; at += sliceRows) {
      if (at > 0) await besideOthers()
      const slice = keys.slice(at, at + sliceRows)
      rows.push(...(await read((reader) => slice.map((key) => reader.get(table, key)))))
    }
    return rows
  }
  return {
    get: (table, key) => read((reader) => reader.get(table, key)),
    getMany,
    range: (range) => read((reader) => reader.range(range)),
    checkpoint: () => read((reader) => reader.checkpoint()),
    rows: () => views.counter.count(file, Object.keys(schema.tables)),
    apply: async (changes, checkpoint, expected, last) => {
      const named = last === undefined ? {} : { last }
      const request = { file, changes: await readyToWrite(schema, changes), checkpoint, expected, ...named }
      const answer = await ask(threadOf(views, file), { type: 'apply', ...request })
      return answer === 'applied' ? 'applied' : 'conflict'
    },
  }
}

/** The changes as what the statements bind. A key appears at most once in an apply, so their order does not matter. */
const readyToWrite = async (schema: Schema, changes: readonly Change[]): Promise<readonly TableChanges[]> => {
  const tables = new Map<string, { puts: (string | number | null)[]; removes: (string | number)[] }>()
  for (const [n, change] of changes.entries()) {
    if (n > 0 && n % sliceRows === 0) await besideOthers()
    const table = tableOf(schema, change.table)
    const lists = tables.get(change.table) ?? { puts: [], removes: [] }
    tables.set(change.table, lists)
    const key = keyOfChange(table, change)
    if ('remove' in change) lists.removes.push(...key)
    else {
      for (const column of columnsOf(table)) lists.puts.push(fieldOf(change.put, column) ?? null)
      lists.puts.push(JSON.stringify(change.put))
    }
  }
  return Array.from(tables, ([table, lists]) => ({ table, ...lists }))
}
