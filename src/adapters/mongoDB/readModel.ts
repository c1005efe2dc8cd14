/** One version of one projection's tables in MongoDB: its queries, and a batch on its way (readModels.ts explains). */
import { randomUUID } from 'node:crypto'
import { toPosition } from '../../ports/position.js'
import type { Change, ReadModel } from '../../ports/readModels.js'
import type { EventName } from '../../ports/standing.js'
import { checkKey, checkRange, tableOf } from '../readModelRequests.js'
import { batchSteps } from './batchSteps.js'
import type { MongoConnection } from './connection.js'
import { finishLeftBehind } from './leftBehind.js'
import { orderedKey } from './orderedKey.js'
import { partsOf } from './partsOf.js'
import { presentKeys } from './presentKeys.js'
import { rowsOf, states, type Batch, type BuildOf, type State } from './readModelState.js'
import { rowsByKey, rowsInRange } from './rowQueries.js'
import { toRowChange } from './rows.js'

/** A worker paused for longer writes no more: tombstones that would stop it are kept for an hour. */
const pauseMsMax = 10 * 60_000

export const mongoReadModel = (
  connection: MongoConnection,
  built: BuildOf,
  opened: Pick<State, '_id' | 'incarnation'>,
): ReadModel => {
  const { schema } = built
  const { _id } = opened
  let incarnation = opened.incarnation
  const present = presentKeys()
  const steps = batchSteps(connection, built, present)

  const getMany = (table: string, ids: readonly string[]) =>
    rowsByKey(connection, rowsOf(connection, built, incarnation, table), ids, (key) => {
      present.add(table, key)
    })

  const giveWay = async (): Promise<false> => {
    await finishLeftBehind(connection, steps, _id, Date.now() + pauseMsMax)
    return false
  }

  /** False when the caller must load the checkpoint and fold again. */
  const apply = async (
    changes: readonly Change[],
    position: number,
    expected: number,
    last: EventName | undefined,
  ): Promise<boolean> => {
    const until = Date.now() + pauseMsMax
    const of = incarnation
    if (changes.length === 0) return (await steps.moveCheckpoint(position, expected, of, last)) || (await giveWay())
    if (position <= expected) throw new RangeError(`rows that change at ${expected} cannot stand at ${position}`)
    const [first = [], ...rest] = partsOf(changes.map((change) => toRowChange(schema, change)))
    const named = last === undefined ? {} : { last }
    const batch: Batch = { id: randomUUID(), position, changes: first, parts: rest.length, ...named }
    if (!(await steps.decide(batch, rest, expected, of))) return await giveWay()
    for (const some of [first, ...rest]) await steps.write(batch, some, of, until)
    return await steps.finish(batch, of)
  }

  return {
    get: async (table, key) => {
      checkKey(tableOf(schema, table), key)
      const id = orderedKey(key)
      return (await getMany(table, [id])).get(id)
    },
    getMany: async (table, keys) => {
      for (const key of keys) checkKey(tableOf(schema, table), key)
      const ids = keys.map(orderedKey)
      const rows = await getMany(table, [...new Set(ids)])
      return ids.map((id) => rows.get(id))
    },
    range: async (range) => {
      checkRange(tableOf(schema, range.table), range)
      return await rowsInRange(connection, rowsOf(connection, built, incarnation, range.table), range)
    },
    checkpoint: async () => {
      const fields = { checkpoint: 1, incarnation: 1 }
      const state = await connection.call((signal) =>
        states(connection).findOne({ _id }, { projection: fields, signal }),
      )
      if (state === null) return toPosition(0)
      incarnation = state.incarnation
      return toPosition(state.checkpoint)
    },
    rows: async () => {
      const counted = Object.keys(schema.tables).map(async (table) => {
        const rows = rowsOf(connection, built, incarnation, table)
        // The index by key has every document; tombstones are few, and gone within the hour.
        return [table, await connection.call(() => rows.estimatedDocumentCount())] as const
      })
      return Object.fromEntries(await Promise.all(counted))
    },
    apply: async (changes, checkpoint, expected, last) => {
      try {
        return (await apply(changes, checkpoint, expected, last)) ? 'applied' : 'conflict'
      } finally {
        present.clear()
      }
    },
  }
}
