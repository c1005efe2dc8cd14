/** How much of what comes next on a connection is the body of a request for certain: no other request begins in it. */

/** What was read of a connection so far. */
export type ReadSoFar = {
  /** How many requests were begun. */
  readonly begun: number
  /** How long the newest one says that its body is; 0 where it does not. */
  readonly bodyBytes: number
}

export type BodyAhead = {
  /** Bytes. */
  readonly ahead: () => number
  /** Notes that so many bytes are handed on to the parser. */
  readonly handOn: (bytes: number, hand: () => boolean) => boolean
}

export const bodyAhead = (soFar: () => ReadSoFar): BodyAhead => {
  // Handed on since the newest request began, and what was before it in its piece: of its body it can only be less.
  let handed = Infinity
  let known = 0
  return {
    ahead: () => {
      const { begun, bodyBytes } = soFar()
      return begun === known ? Math.max(0, bodyBytes - handed) : 0
    },
    handOn: (bytes, hand) => {
      const { begun: before } = soFar()
      // It began in what waited inside the connection: nobody knows how far its body is.
      if (before !== known) handed = Infinity
      const wanted = hand()
      known = soFar().begun
      if (known !== before) handed = 0
      handed += bytes
      return wanted
    },
  }
}
