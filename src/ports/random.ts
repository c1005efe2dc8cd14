/** The port of randomness: bytes nobody can guess; tests count. */

export type Random = { bytes(length: number): Uint8Array }
