/** Bytes of somebody else's that are no content: the reader shows them as unsupported, with the reason. */
export class Malformed extends Error {
  override readonly name = 'Malformed'
}
