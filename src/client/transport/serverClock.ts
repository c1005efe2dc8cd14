/** The homeserver's clock as its answers show it: this machine's may be off, and what is signed is judged by the server's. */

export type ServerClock = {
  /** In ms since 1970; this machine's own until an answer has said otherwise. */
  readonly now: () => number
  /** Whether an answer has told the time. */
  readonly isKnown: () => boolean
  /** The header `Date` of an answer: whole seconds, some of them old by the way it came. */
  readonly hear: (date: string | null) => void
  /** What the server says of itself, in ms. */
  readonly set: (serverTime: number) => void
}

/** As far as the header may be off: within it the clocks count as one. */
const toleranceMs = 2_000

export const newServerClock = (own: () => number): ServerClock => {
  let offsetMs = 0
  let known = false
  return {
    now: () => own() + offsetMs,
    isKnown: () => known,
    hear: (date) => {
      const time = Date.parse(date ?? '')
      if (Number.isNaN(time)) return
      known = true
      const measured = time + 500 - own()
      if (Math.abs(measured - offsetMs) > toleranceMs) offsetMs = Math.abs(measured) > toleranceMs ? measured : 0
    },
    set: (serverTime) => {
      known = true
      offsetMs = serverTime - own()
    },
  }
}
