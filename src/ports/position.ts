/** Where an event stands in the log: strictly increasing, not dense, opaque outside the log. */

declare const brand: unique symbol
/**
 * A position in the log, a safe integer. SQLite's rowids and EventStoreDB's byte offsets both stay far below 2^53
 * (nine petabytes of log), so a number serves everywhere; an adapter that is handed more must throw.
 */
export type Position = number & { readonly [brand]: 'position' }

/** Before the first event. */
export const origin = 0 as Position

/** Brands a number read from a store. Throws RangeError on what cannot be a position: that is a bug or a broken store. */
export const toPosition = (value: number | bigint): Position => {
  const position = Number(value)
  if (!Number.isSafeInteger(position) || position < 0) throw new RangeError(`not a log position: ${String(value)}`)
  return position as Position
}
