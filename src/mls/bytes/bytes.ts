/** Comparing bytes, in Node and in browsers. */

/** Node's Buffer where there is one: on a whole ratchet tree it is some hundred times faster. */
const native: typeof Buffer | undefined = (globalThis as { Buffer?: typeof Buffer }).Buffer
/** Below this length the loop is faster than the call. */
const nativeFrom = 128

export const equalBytes = (one: Uint8Array, other: Uint8Array): boolean => {
  if (one.length !== other.length) return false
  if (native !== undefined && one.length >= nativeFrom) return native.compare(one, other) === 0
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false
  return true
}
