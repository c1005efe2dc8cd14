/** The thread that counts the rows of read models, for people: neither who writes them nor who reads them waits for it. */
import { parentPort, type MessagePort } from 'node:worker_threads'
import { openDatabase, type Database } from '../database.js'
import { answering } from './answering.js'
import type { CountAnswer, CountRequest } from './viewMessages.js'

type Asked = { readonly ticket: number; readonly request: CountRequest }

const serve = (port: MessagePort): void => {
  const files = new Map<string, Database>()
  port.on('message', ({ ticket, request }: Asked) => {
    port.postMessage({ ticket, answer: answering(() => perform(files, request)) })
    if (request.type === 'close') port.close()
  })
}

const perform = (files: Map<string, Database>, request: CountRequest): CountAnswer => {
  switch (request.type) {
    case 'count':
      return { counted: count(openIn(files, request.file), request.tables) }
    case 'forget':
      files.get(request.file)?.close()
      files.delete(request.file)
      return 'done'
    case 'close':
      for (const database of files.values()) database.close()
      return 'done'
  }
}

const openIn = (files: Map<string, Database>, file: string): Database => {
  const database = files.get(file) ?? openDatabase(file, { durability: 'normal', readOnly: true })
  files.set(file, database)
  return database
}

const count = (database: Database, tables: readonly string[]): { readonly [table: string]: number } => {
  const each = tables.map((table) => `(SELECT count(*) FROM "${table}")`)
  const counted = database.prepare(`SELECT ${each.join(', ')}`).get() ?? []
  return Object.fromEntries(tables.map((table, n) => [table, counted[n] as number]))
}

if (parentPort !== null) serve(parentPort)
