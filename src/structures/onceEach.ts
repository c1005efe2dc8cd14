/** A function of an object that works its answer out once for each, and keeps it as long as the object lives. */

/** For pure functions of what never changes, such as the bytes of a key: whoever asks again gets the same answer. */
export const onceEach = <Key extends object, Value>(work: (key: Key) => Value): ((key: Key) => Value) => {
  const known = new WeakMap<Key, Value>()
  return (key) => {
    const found = known.get(key)
    if (found !== undefined || known.has(key)) return found as Value
    const value = work(key)
    known.set(key, value)
    return value
  }
}
