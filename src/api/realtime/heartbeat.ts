/** Whether the other side is still there: whatever comes from it counts, and pings in a row without anything are counted. */

export type Heartbeat = {
  /** Something came. */
  readonly heard: () => void
  /** Pings again; false when it has missed as many as it may. */
  readonly beat: () => boolean
}

export const makeHeartbeat = (ping: () => void, missedMax: number): Heartbeat => {
  let missed = 0
  return {
    heard: () => {
      missed = 0
    },
    beat: () => {
      if (missed >= missedMax) return false
      missed++
      ping()
      return true
    },
  }
}
