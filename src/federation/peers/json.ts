/** JSON in the answers of other servers. */

/** Undefined where they are no JSON in UTF-8. */
export const jsonIn = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return undefined
  }
}
