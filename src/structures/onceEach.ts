/** A function of an object that works its answer out once for each, and keeps it as long as the object lives. */
import { keepBeside } from './beside.js'

/** For pure functions of what never changes, such as the bytes of a key: whoever asks again gets the same answer. */
export const onceEach = <Key extends object, Value>(work: (key: Key) => Value): ((key: Key) => Value) => {
  const known = keepBeside<Key, Value>()
  return (key) => {
    if (known.has(key)) return known.get(key) as Value
    const value = work(key)
    known.keep(key, value)
    return value
  }
}
