/** Knows an event again where a store holds it twice under one id: EventStoreDB does after a retry whose first try it forgot. */
import { keepNewest } from '../../structures/newest.js'

type Named = { readonly stream: string; readonly id: string }

/** Answers whether an event comes for the first time: whether none of the newest `max` had its id in its stream. */
export const firstTime = (max: number): ((event: Named) => boolean) => {
  const seen = keepNewest<string, true>(max)
  return ({ stream, id }) => {
    const name = `${stream} ${id}`
    if (seen.has(name)) return false
    seen.set(name, true)
    return true
  }
}
