/** All that a server keeps, piece by piece: for whoever looks whether something stands there, or turns a bit of it. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Binary, MongoClient, type ObjectId } from 'mongodb'
import { fromLine } from '../adapters/eventStoreDB/server/record.js'

/** `name`: where it stands. */
export type Piece = { readonly name: string; readonly bytes: Uint8Array }
export type Kept = {
  readonly pieces: () => AsyncIterable<Piece>
  /** Turns a bit near the end of each asset that is stored in so many bytes: resolves with how many there are. */
  readonly spoil: (size: number) => Promise<number>
}

const pathsIn = async (directory: string): Promise<readonly string[]> =>
  (await readdir(directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))

async function* filesIn(directory: string): AsyncGenerator<Piece> {
  for (const name of await pathsIn(directory)) {
    const bytes = await readFile(name).catch(() => undefined)
    if (bytes === undefined) {
      // It got its final name meanwhile: what is there now is looked through.
      yield* filesIn(directory)
      return
    }
    yield { name, bytes }
  }
}

const turned = (bytes: Uint8Array): Buffer => {
  const other = Buffer.from(bytes)
  other[other.length - 40]! ^= 1
  return other
}

/** The embedded stores: everything is a file of the directory. */
export const keptIn = (directory: string): Kept => ({
  pieces: () => filesIn(directory),
  spoil: async (size) => {
    let count = 0
    for (const path of await pathsIn(directory)) {
      const bytes = await readFile(path)
      if (bytes.length !== size) continue
      await writeFile(path, turned(bytes))
      count++
    }
    return count
  },
})

/** The stores on servers: records of the log's server as it was given them, and documents as they are before they are packed. */
export const keptByStores = (logFile: string, mongoUrl: string): Kept => ({
  pieces: async function* () {
    for await (const line of createInterface(createReadStream(logFile))) {
      const { stream, data, meta } = fromLine(line)
      yield { name: stream, bytes: Buffer.concat([data, meta]) }
    }
    yield* documentsAt(mongoUrl)
  },
  spoil: (size) => spoilParts(mongoUrl, size),
})

/** Where the server has its database on a mongod whose URL names none. */
const database = 'homeserver'

async function* documentsAt(url: string): AsyncGenerator<Piece> {
  const client = new MongoClient(url)
  try {
    const db = client.db(database)
    for (const { name } of await db.listCollections().toArray())
      for await (const document of db.collection(name).find({}, { raw: true }))
        yield { name, bytes: document as unknown as Buffer }
  } finally {
    await client.close()
  }
}

type Chunk = { readonly files_id: ObjectId; readonly data: Binary }

const spoilParts = async (url: string, size: number): Promise<number> => {
  const client = new MongoClient(url)
  try {
    const db = client.db(database)
    const chunks = db.collection<Chunk>('assets.chunks')
    const files = await db.collection('assets.files').find({ length: size }).toArray()
    for (const { _id } of files) {
      const chunk = await chunks.findOne({ files_id: _id })
      if (chunk === null) throw new Error('a file without its bytes')
      await chunks.updateOne({ _id: chunk._id }, { $set: { data: new Binary(turned(chunk.data.buffer)) } })
    }
    return files.length
  } finally {
    await client.close()
  }
}
