/** Time as this process was given it: on a busy machine a pause in which nothing here could run counts as one tick. */

export type OwnTime = {
  /** Since it began, ms. */
  readonly ms: () => number
  readonly stop: () => void
}

const tickMs = 50

export const ownTime = (): OwnTime => {
  let ticks = 0
  const timer = setInterval(() => {
    ticks++
  }, tickMs)
  return {
    ms: () => ticks * tickMs,
    stop: () => {
      clearInterval(timer)
    },
  }
}
