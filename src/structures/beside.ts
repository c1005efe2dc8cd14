/**
 * A value kept beside an object for as long as the object lives: a WeakMap by its use, but nothing that a garbage
 * collection must look through. One entry for each event cost a send 8 µs of it (docs/performance.md).
 */

export type Beside<Key extends object, Value> = {
  has(key: Key): boolean
  get(key: Key): Value | undefined
  /** The first stays: what is kept beside an object does not change. */
  keep(key: Key, value: Value): void
}

/** Its constructor returns what it is given: a private field of what extends it is then a field of that. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- only a constructor can be extended so
class Given {
  constructor(key: object) {
    return key
  }
}

/** A private field of its own: no copy takes it along, nothing that compares or lists fields sees it. */
export const keepBeside = <Key extends object, Value>(): Beside<Key, Value> => {
  class Kept extends Given {
    readonly #value: Value
    constructor(key: Key, value: Value) {
      super(key)
      this.#value = value
    }
    static has = (key: object): key is Kept => #value in key
    static get = (key: object): Value | undefined => (#value in key ? key.#value : undefined)
    static keep = (key: Key, value: Value): void => {
      if (!(#value in key)) new Kept(key, value)
    }
  }
  return Kept
}
