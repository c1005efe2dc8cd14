/** Where the records of builds are kept, and the events that builds could not take: a small read model whose checkpoint is the generation. */
import { toPosition } from '../../ports/position.js'
import { buildsSchema } from './schema.js'
import type { ReadModel, ReadModels, Row } from '../../ports/readModels.js'
import type { BuildsRecord, Change, Refused } from './record.js'

/** An event that a build could not take. */
export type ParkedEvent = {
  readonly stream: string
  readonly revision: number
  readonly position: number
  readonly why: string
  /** When, ms since 1970. */
  readonly at: number
  /** By the act with this number it counts no longer. */
  readonly skipped?: number
}

export type Records = {
  /** By the name of the read model, `<name>-<version>`. */
  read(model: string): Promise<BuildsRecord | undefined>
  /** Moves the record by compare-and-set, made by `first` where there is none. Answers what stands then. */
  change(model: string, first: BuildsRecord, change: Change): Promise<BuildsRecord | Refused>
  parked(model: string, build: number): Promise<readonly ParkedEvent[]>
  park(model: string, build: number, events: readonly ParkedEvent[]): Promise<void>
  /** Takes out of the list what came to stand above a build's checkpoint: it will be tried again. */
  unpark(model: string, build: number, positions: readonly number[]): Promise<void>
}

/** Another worker moved a record meanwhile: so often it is tried again. */
const triesMax = 50
const parkedMax = 10_000

export const openRecords = async (readModels: ReadModels): Promise<Records> => {
  const model = await readModels.open(buildsSchema, 'any log: each row names its own')

  const read: Records['read'] = async (name) => {
    const row = await model.get('builds', [name])
    return row === undefined ? undefined : (row['record'] as unknown as BuildsRecord)
  }
  const change: Records['change'] = async (name, first, by) => {
    for (let n = 0; n < triesMax; n++) {
      const generation = await model.checkpoint()
      const before = await read(name)
      const after = by(before ?? first)
      if ('refused' in after || after === before) return after
      const next = toPosition(generation + 1)
      const row = { model: name, record: after as unknown as Row }
      if ((await model.apply([{ table: 'builds', put: row }], next, generation)) === 'applied') return after
    }
    throw new Error(`the builds of ${name} are moved by too many at once`)
  }
  return {
    read,
    change,
    parked: async (name, build) => (await rowsOf(model, name, build)).map(parkedOf),
    park: (name, build, events) =>
      write(model, () => events.map((event) => ({ table: 'parked', put: { model: name, build, ...event } }))),
    unpark: (name, build, positions) =>
      write(model, () => positions.map((position) => ({ table: 'parked', remove: [name, build, position] }))),
  }
}

const rowsOf = (model: ReadModel, name: string, build: number): Promise<readonly Row[]> =>
  model.range({ table: 'parked', index: 'key', prefix: [name, build], limit: parkedMax })

const parkedOf = ({ model: _, build: __, ...event }: Row): ParkedEvent => event as unknown as ParkedEvent

const write = async (model: ReadModel, changes: () => Parameters<ReadModel['apply']>[0]): Promise<void> => {
  if (changes().length === 0) return
  for (let n = 0; n < triesMax; n++) {
    const generation = await model.checkpoint()
    if ((await model.apply(changes(), toPosition(generation + 1), generation)) === 'applied') return
  }
  throw new Error('the list of parked events is moved by too many at once')
}
