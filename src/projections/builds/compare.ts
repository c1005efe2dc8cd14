/** Whether two builds are the same at one position, while both go on. */
import type { Schema } from '../../ports/readModels.js'
import type { Build } from './opened.js'
import type { Difference } from './record.js'
import { makeScan } from './scan.js'
import type { Scan, Sums } from './scan.js'

/** How long both may stand still until they are at the same place. */
const heldMsMax = 500

export type CompareWorld = {
  readonly schema: Schema
  readonly pause: () => Promise<void>
  readonly signal: AbortSignal
}

/** Undefined where it did not come to an end: they did not meet in time, or too much changed meanwhile. */
export const compareBuilds = async (
  served: Build,
  rebuilt: Build,
  { schema, pause, signal }: CompareWorld,
): Promise<readonly Difference[] | undefined> => {
  const both = [served, rebuilt]
  const scans: { readonly scan: Scan; readonly unwatch: () => void }[] = []
  try {
    if (!(await meet(both))) return undefined
    for (const { model, runner } of both) {
      const scan = makeScan(model, schema, pause)
      scans.push({ scan, unwatch: runner.watch(scan.before) })
    }
  } finally {
    for (const { runner } of both) runner.release()
  }
  try {
    const [one, other] = await Promise.all(scans.map(({ scan }) => scan.sums(signal)))
    return one === undefined || other === undefined ? undefined : differencesOf(one, other)
  } finally {
    for (const { unwatch } of scans) unwatch()
  }
}

/** Both stand still at the place of the one that is further. */
const meet = async (both: readonly Build[]): Promise<boolean> => {
  const places = await Promise.all(both.map(({ runner }) => runner.hold()))
  const place = places.reduce((far, one) => (one > far ? one : far))
  for (const { runner } of both) runner.letTo(place)
  const met = await Promise.all(both.map(({ runner }) => runner.reached(place, heldMsMax)))
  return met.every(Boolean)
}

const differencesOf = (served: Sums, rebuilt: Sums): readonly Difference[] =>
  Object.keys(served).flatMap((table) => {
    const [one, other] = [served[table], rebuilt[table]]
    return one?.sha256 === other?.sha256 ? [] : [{ table, served: one?.rows ?? 0, rebuilt: other?.rows ?? 0 }]
  })
