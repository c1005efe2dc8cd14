/**
 * Places that facts name by a position of the log they were written to. In another log (after an import) it means another
 * place; the facts stay as they are, and a table beside the log says where each of those places is now.
 */
import { categoryOf, shapesByCategory } from '../anyEvent.js'
import type { Json } from './json.js'
import type { PositionPath } from './parser.js'

type Fact = { readonly stream: string; readonly type: string; readonly data: Json }

/** Every position that the fact names. */
export const positionsIn = (fact: Fact): readonly number[] => {
  const found: number[] = []
  mapPositions(fact, (position) => {
    found.push(position)
    return position
  })
  return found
}

/** The fact's data with every position replaced; the very same object when its type has none. */
export const mapPositions = ({ stream, type, data }: Fact, to: (position: number) => number): Json => {
  const shapes = Object.hasOwn(shapesByCategory, categoryOf(stream)) ? shapesByCategory[categoryOf(stream)] : undefined
  const shape = shapes !== undefined && Object.hasOwn(shapes, type) ? shapes[type] : undefined
  return (shape?.positions ?? []).reduce((mapped, path) => mapAt(mapped, path, to), data)
}

const mapAt = (data: Json, path: PositionPath, to: (position: number) => number): Json => {
  const [field, ...rest] = path
  if (field === undefined) return typeof data === 'number' ? to(data) : data
  if (typeof data !== 'object' || data === null) return data
  const wanted = (name: string): boolean => field === '*' || name === field
  if (Array.isArray(data))
    return (data as readonly Json[]).map((each, n) => (wanted(String(n)) ? mapAt(each, rest, to) : each))
  const mapped = Object.entries(data).map(
    ([name, value]) => [name, wanted(name) && value !== undefined ? mapAt(value, rest, to) : value] as const,
  )
  return Object.fromEntries(mapped)
}

/** Where the places are that facts name: in the facts that stand at or below `until`. */
export type MovedPlaces = { readonly until: number; readonly places: ReadonlyMap<number, number> }

/**
 * What a position in a fact means in this log. `moved`: oldest first; a log has several when it was imported from one that
 * was imported. A place nobody knows any more is before everything: too much is shown rather than too little.
 */
export const placeNow = (moved: readonly MovedPlaces[], at: number, position: number): number => {
  const region = moved.find(({ until }) => at <= until)
  return region === undefined ? position : (region.places.get(position) ?? 0)
}
