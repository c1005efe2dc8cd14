/** The newest of what comes in order, bounded in number and weight: whatever is dropped is let go of at once. */

export type Tail<One, Place extends number> = {
  /** What comes stands above all that came before. */
  push(one: One): void
  /** Those above a place, the oldest first and at most `limit`; undefined when some of them are no longer here. */
  above(place: Place, limit?: number): readonly One[] | undefined
}

export type TailOptions<One, Place extends number> = {
  /** Whatever came before it stands at this place or below, and is not here. */
  readonly start: Place
  readonly countMax: number
  readonly weightMax: number
  readonly placeOf: (one: One) => Place
  readonly weightOf: (one: One) => number
}

export const keepTail = <One, Place extends number>(options: TailOptions<One, Place>): Tail<One, Place> => {
  const { start, countMax, weightMax, placeOf, weightOf } = options
  /** From `first` on. The places of what was dropped are empty, and go now and then: a list is dear to shift. */
  let kept: (One | undefined)[] = []
  let first = 0
  let weight = 0
  let floor = start

  const dropOldest = (): void => {
    while (kept.length - first > countMax || weight > weightMax) {
      const oldest = kept[first]
      if (oldest === undefined) break
      floor = placeOf(oldest)
      weight -= weightOf(oldest)
      kept[first++] = undefined
    }
    if (first <= countMax) return
    kept = kept.slice(first)
    first = 0
  }

  const indexAbove = (place: Place): number => {
    let low = first
    let high = kept.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const one = kept[middle]
      if (one === undefined || placeOf(one) > place) high = middle
      else low = middle + 1
    }
    return low
  }

  return {
    push: (one) => {
      kept.push(one)
      weight += weightOf(one)
      dropOldest()
    },
    above: (place, limit = countMax) => {
      if (place < floor) return undefined
      const from = indexAbove(place)
      return kept.slice(from, from + limit) as readonly One[]
    },
  }
}
