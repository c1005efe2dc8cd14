/** The thread that alone writes the log: takes what waits, commits it as one group, and only then answers. */
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads'
import { foldIn, openDatabase } from '../database.js'
import { createEventLog } from './eventLog.js'
import { createGroupCommit } from './groupCommit.js'
import type { FromWriter, ToWriter, WriterData } from './writerMessages.js'

const serve = (port: MessagePort, { file, bytesMax }: WriterData): void => {
  const database = openDatabase(file, { durability: 'full' })
  if (bytesMax !== undefined) database.exec(`PRAGMA max_page_count = ${Math.ceil(bytesMax / 4_096)}`)
  const send = (message: FromWriter): void => {
    port.postMessage(message)
  }
  const log = createEventLog(database, Date.now)
  foldIn(database)
  const writer = createGroupCommit({ log, send })
  port.on('message', (first: ToWriter) => {
    writer.take(first)
    while (!writer.isFull()) {
      const next = receiveMessageOnPort(port) as { readonly message: ToWriter } | undefined
      if (next === undefined) break
      writer.take(next.message)
    }
    if (writer.run() === 'closed') {
      database.close()
      port.close()
    }
  })
  send({ type: 'opened' })
}

if (parentPort !== null) serve(parentPort, workerData as WriterData)
