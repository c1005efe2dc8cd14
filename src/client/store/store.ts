/** Where a client keeps its keys, states and unread events: whatever can write several values as one. */

/** `undefined` deletes. */
export type Change = { readonly key: string; readonly value: Uint8Array | undefined }

export type Store = {
  readonly get: (key: string) => Promise<Uint8Array | undefined>
  /** The keys that begin with `prefix`, in order. */
  readonly keys: (prefix: string) => Promise<readonly string[]>
  /** All of the changes or none, durable when it resolves. */
  readonly write: (changes: readonly Change[]) => Promise<void>
  readonly close: () => Promise<void>
}
