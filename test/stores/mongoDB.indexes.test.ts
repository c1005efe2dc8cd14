/** Every query of a read model is served by an index: the server's own explanation of each is looked at. */
import { expect } from 'chai'
import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { mongoReadModels } from '#src/adapters/mongoDB/readModels.js'
import { toPosition } from '#src/ports/position.js'
import type { ReadModel, Row, Schema } from '#src/ports/readModels.js'
import { ledgerSchema } from './ledger.js'
import { describeMongoDB, freshDatabase } from './mongoDB.js'

/** What the profiler notes of one operation. */
type Profiled = {
  readonly ns: string
  readonly op: string
  readonly planSummary?: string
  readonly command?: unknown
  readonly docsExamined?: number
  readonly nreturned?: number
}

const projections = fileURLToPath(new URL('../../../projections/', import.meta.url))

/** The schemas that the files of src/projections export, by themselves or in a projection. */
const schemas = async (): Promise<readonly Schema[]> => {
  const found = new Map<string, Schema>()
  for (const file of await readdir(projections, { recursive: true })) {
    if (!file.endsWith('.js')) continue
    const exported = (await import(`${projections}${file}`)) as Record<string, unknown>
    for (const value of Object.values(exported)) {
      const schema = isSchema(value) ? value : (value as { readonly schema?: unknown } | undefined)?.schema
      if (isSchema(schema)) found.set(schema.name, schema)
    }
  }
  return [...found.values()]
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && 'name' in value && 'version' in value && 'tables' in value

const rowFor = (schema: Schema, table: string, n: number): Row => {
  const { key = [], indexes = {} } = schema.tables[table] ?? {}
  const fields = new Set([...key, ...Object.values(indexes).flat()])
  return Object.fromEntries([...fields].map((field) => [field, `value ${n}`]))
}

/** Asks for everything that the port can ask of a schema. */
const askAll = async (schema: Schema, model: ReadModel): Promise<void> => {
  for (const [table, { key, indexes }] of Object.entries(schema.tables)) {
    const parts = key.map(() => 'value 3')
    await model.get(table, parts)
    await model.getMany(table, [parts, key.map(() => 'value 4')])
    for (const [index, fields] of Object.entries({ key, ...indexes })) {
      const prefix = fields.slice(0, -1).map(() => 'value 3')
      for (const descending of [false, true]) {
        const range = { table, index, limit: 10, descending }
        await model.range({ ...range, prefix: [] })
        await model.range({ ...range, prefix, after: ['value 1'], upTo: ['value 7'] })
      }
    }
  }
}

describeMongoDB('Every query in MongoDB', (given) => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  before(async () => {
    database = await freshDatabase(given)
  })
  after(() => database.remove())

  it('is served by an index, and examines no more than it returns', async () => {
    const { db } = database.connection
    const looked = new Set<string>()
    // What MongoDB makes by itself forgets the first queries of so many.
    await db.createCollection('system.profile', { capped: true, size: 64 * 1024 * 1024 })
    for (const schema of [ledgerSchema('ledger'), ...(await schemas())]) {
      const model = await mongoReadModels(database.connection).open(schema, 'log-1')
      const tables = Object.keys(schema.tables)
      const changes = Array.from({ length: 50 }, (_, n) =>
        tables.map((table) => ({ table, put: rowFor(schema, table, n) })),
      ).flat()
      await db.command({ profile: 2 })
      await model.apply(changes, toPosition(1), await model.checkpoint())
      await model.apply(changes.slice(0, 10), toPosition(2), await model.checkpoint())
      await askAll(schema, model)
      await db.command({ profile: 0 })
    }
    const profile = await db.collection<Profiled>('system.profile').find().toArray()
    for (const { ns, op, planSummary, command, docsExamined = 0, nreturned = 0 } of profile) {
      const [, collection = ''] = /^[^.]+\.(.*)$/.exec(ns) ?? []
      if (!/^(view\.|readModels$)/.test(collection) || planSummary === undefined) continue
      const what = `${op} on ${collection}: ${planSummary} ${JSON.stringify(command)}`
      expect(planSummary, what).to.match(/^(IXSCAN|IDHACK|EXPRESS)/)
      if (op === 'query') expect(docsExamined, what).to.be.at.most(nreturned)
      looked.add(planSummary)
    }
    expect([...looked]).to.include.members([
      'IXSCAN { by.byCount: 1 }',
      'IXSCAN { by.byEntry: 1 }',
      'IXSCAN { _id: 1 }',
    ])
  })
})
