/** The port of a post to another process of this very server. */

/** Throws when it was not taken in time. `body` is JSON. */
export type PostToProcess = (url: string, body: Uint8Array, signature: string) => Promise<void>
