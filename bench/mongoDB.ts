/** What read models in MongoDB cost, beside the raw driver in the same run, on the server at MONGODB_URL or one started here. */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { Collection } from 'mongodb'
import { gridFSBlobs } from '#src/adapters/gridFS/blobs.js'
import { connectMongoDB, durable, type MongoConnection } from '#src/adapters/mongoDB/connection.js'
import { mongoLeases } from '#src/adapters/mongoDB/leases.js'
import { mongoReadModels } from '#src/adapters/mongoDB/readModels.js'
import { toPosition } from '#src/ports/position.js'
import type { Change, ReadModel, Row, Schema } from '#src/ports/readModels.js'
import { startMongod } from '../test/stores/mongod.js'
import { withDatabase } from '../test/stores/mongoDB.js'

const batches = 40
const perBatch = 500
const singles = 300
const runs = 3

const schema: Schema = {
  name: 'bench',
  version: 1,
  tables: { messages: { key: ['group', 'position'], indexes: { byPosition: ['position'] } } },
}
const body = 'x'.repeat(1_366)
const rowOf = (n: number): Row => ({ group: `mimi://example.org/g/${n % 50}`, position: n, message: body })
const keyOf = (n: number): readonly [string, number] => [`mimi://example.org/g/${n % 50}`, n]

export const bench = {
  name: 'mongoDB: read models, leases and blobs, rows of 1.4 KiB with one index',
  run: async (): Promise<void> => {
    const given = process.env['MONGODB_URL']
    const started = given === undefined ? await startMongod(findMongod()) : undefined
    const url = withDatabase(given ?? started?.url ?? '', `bench-${randomUUID()}`)
    const connection = await connectMongoDB({ url })
    try {
      process.stdout.write(
        `${connection.description}, ${given === undefined ? 'started here' : 'given'}, median of ${runs}\n`,
      )
      await rates(connection)
      await latencies(connection)
    } finally {
      await connection.db.dropDatabase()
      await connection.close()
      await started?.remove()
    }
  },
}

/** The path that scripts/mongod.mjs prints, which installs one where needed. */
const findMongod = (): string => {
  const script = fileURLToPath(new URL('../../../scripts/mongod.mjs', import.meta.url))
  return execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim()
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const say = (what: string, figure: string): void => {
  process.stdout.write(`${what.padEnd(56)} ${figure}\n`)
}

const rates = async (connection: MongoConnection): Promise<void> => {
  const figures: Record<string, number[]> = {}
  const timed = async (what: string, work: () => Promise<void>): Promise<void> => {
    const began = performance.now()
    await work()
    ;(figures[what] ??= []).push((batches * perBatch * 1_000) / (performance.now() - began))
  }
  for (let run = 0; run < runs; run++) {
    const raw = connection.db.collection<RawRow>(`raw-${run}`)
    await raw.createIndex({ 'row.position': 1, _id: 1 }, {}, {})
    await timed('inserts, raw driver, unordered bulks of 500', () => inBatches((rows) => rawInsert(raw, rows)))
    await timed('guarded replaces, raw driver, read first', () => inBatches((rows) => rawReplace(raw, rows)))
    const model = await mongoReadModels(connection).open({ ...schema, version: run + 1 }, 'bench')
    await timed('inserts, read model, batches of 500 with checkpoint', () => inBatches((rows) => insert(model, rows)))
    await timed('replaces, read model, rows read first', () => inBatches((rows) => replace(model, rows)))
  }
  for (const [what, rate] of Object.entries(figures))
    say(what, `${Math.round(median(rate)).toLocaleString('en')} rows/s`)
}

const inBatches = async (work: (rows: readonly number[]) => Promise<void>): Promise<void> => {
  for (let batch = 0; batch < batches; batch++)
    await work(Array.from({ length: perBatch }, (_, n) => batch * perBatch + n))
}

type RawRow = { readonly _id: string; readonly position: number; readonly row: Row }
const rawOf = (n: number, position: number): RawRow => ({ _id: keyOf(n).join('/'), position, row: rowOf(n) })

const rawInsert = async (rows: Collection<RawRow>, numbers: readonly number[]): Promise<void> => {
  await rows.bulkWrite(
    numbers.map((n) => ({ insertOne: { document: rawOf(n, 1) } })),
    { ordered: false },
  )
}

const rawReplace = async (rows: Collection<RawRow>, numbers: readonly number[]): Promise<void> => {
  const before = await rows
    .find({ _id: { $in: numbers.map((n) => rawOf(n, 1)._id) } }, { batchSize: perBatch })
    .toArray()
  await rows.bulkWrite(
    before.map(({ _id, position, row }) => ({
      replaceOne: { filter: { _id, position }, replacement: { position: position + 1, row } },
    })),
    { ordered: false },
  )
}

const put = (row: Row): Change => ({ table: 'messages', put: row })

const applyNext = async (model: ReadModel, changes: readonly Change[]): Promise<void> => {
  const expected = await model.checkpoint()
  const outcome = await model.apply(changes, toPosition(expected + 1), expected)
  if (outcome !== 'applied') throw new Error('somebody else works on the benchmark')
}

const insert = (model: ReadModel, numbers: readonly number[]): Promise<void> =>
  applyNext(
    model,
    numbers.map((n) => put(rowOf(n))),
  )

const replace = async (model: ReadModel, numbers: readonly number[]): Promise<void> => {
  const rows = await model.getMany('messages', numbers.map(keyOf))
  await applyNext(
    model,
    rows.flatMap((row) => (row === undefined ? [] : [put(row)])),
  )
}

const latencies = async (connection: MongoConnection): Promise<void> => {
  const model = await mongoReadModels(connection).open({ ...schema, version: 1 }, 'bench')
  const raw = connection.db.collection<RawRow>('raw-single')
  const leases = mongoLeases(connection)
  const blobs = await gridFSBlobs(connection)
  const fresh = batches * perBatch
  const operations: Record<string, (n: number) => Promise<unknown>> = {
    'one insert, raw driver, w: 1': (n) => raw.insertOne(rawOf(n, 1)),
    'one insert, raw driver, majority and journal': (n) => raw.insertOne(rawOf(n + singles, 1), durable),
    'one row into the read model, with checkpoint': (n) => applyNext(model, [put(rowOf(fresh + n))]),
    'one row by key': (n) => model.get('messages', keyOf(n)),
    'the checkpoint': () => model.checkpoint(),
    '100 rows of a range': (n) =>
      model.range({ table: 'messages', index: 'byPosition', prefix: [], after: [n * 10], limit: 100 }),
    'a lease renewed': () => leases.take('bench', 'one', 60_000),
    'a blob of 10 KiB stored': () => blobs.put(Buffer.from(randomUUID().repeat(284))),
  }
  for (const [what, operation] of Object.entries(operations)) {
    const times: number[] = []
    for (let n = 0; n < singles; n++) {
      const began = performance.now()
      await operation(n)
      times.push(performance.now() - began)
    }
    say(what, `p50 ${median(times).toFixed(2)} ms`)
  }
}
