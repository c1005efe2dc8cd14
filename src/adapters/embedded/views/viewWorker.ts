/** The thread that writes every read model, so that applying events never holds the event loop. */
import { existsSync, rmSync } from 'node:fs'
import { parentPort, type MessagePort } from 'node:worker_threads'
import { failureOf, foldIn, openDatabase, type Database } from '../database.js'
import { answering } from './answering.js'
import type { FromViewWriter, ToViewWriter, ViewAnswer, ViewRequest } from './viewMessages.js'
import { openViewWriter, type ViewWriter } from './viewWriter.js'

type Open = { readonly database: Database; readonly writer: ViewWriter }

const serve = (port: MessagePort): void => {
  const views = new Map<string, Open>()
  port.on('message', ({ ticket, request }: ToViewWriter) => {
    const answer: FromViewWriter = { ticket, answer: answering(() => perform(views, request)) }
    port.postMessage(answer)
    if (request.type === 'close') port.close()
  })
}

const perform = (views: Map<string, Open>, request: ViewRequest): ViewAnswer => {
  switch (request.type) {
    case 'open':
      views.get(request.file)?.database.close()
      views.set(request.file, openView(request))
      return 'done'
    case 'apply': {
      const view = views.get(request.file)
      if (view === undefined) throw new Error('this read model is not open')
      return view.writer.apply(request.changes, request.checkpoint, request.expected, request.last)
    }
    case 'drop':
      views.get(request.file)?.database.close()
      views.delete(request.file)
      removeFile(request.file)
      return 'done'
    case 'close':
      for (const { database } of views.values()) {
        database.emptyWal()
        database.close()
      }
      return 'done'
  }
}

/** A file that is damaged is made anew: the log holds everything that stood in it. */
const openView = ({ file, schema, logId }: Extract<ViewRequest, { type: 'open' }>): Open => {
  try {
    return openOnce(file, schema, logId)
  } catch (error) {
    if (failureOf(error) !== 'corrupt') throw error
    removeFile(file)
    return openOnce(file, schema, logId)
  }
}

const openOnce = (file: string, ...of: [Extract<ViewRequest, { type: 'open' }>['schema'], string]): Open => {
  const [{ durable }] = of
  const database = openDatabase(file, { durability: durable === true ? 'full' : 'normal' })
  try {
    const writer = openViewWriter(database, ...of)
    foldIn(database)
    return { database, writer }
  } catch (error) {
    database.close()
    throw error
  }
}

const removeFile = (file: string): void => {
  for (const path of [file, `${file}-wal`, `${file}-shm`]) if (existsSync(path)) rmSync(path)
}

if (parentPort !== null) serve(parentPort)
