/**
 * PURE. Whether a clock may be believed, by what it said before and by time that only runs. Nothing is destroyed on the
 * word of one reading: a wrong clock is mended in a minute, what it threw away never comes back.
 */

/** The same moment on both: the clock's ms since 1970, and the stopwatch's ms. */
export type Reading = { readonly wall: number; readonly elapsed: number }

export type ClockTrust = {
  /** What was believed before; the first is the best. */
  readonly references: readonly [Reading, ...Reading[]]
  /** From where the clock and the stopwatch are compared. */
  readonly anchor: Reading
  /** Why it is not believed now. */
  readonly held: string | undefined
}

/** The clock and the stopwatch may part by so much, ms: steps of NTP are smaller, a machine that slept is not. */
const partMsMax = 5 * 60 * 1_000
/** A clock so near to what it should say is right again, ms. */
const returnMsMax = 60 * 60 * 1_000

export const trusting = (reading: Reading): ClockTrust => ({
  references: [reading],
  anchor: reading,
  held: undefined,
})

export type ClockStart = {
  readonly reading: Reading
  /** When the newest event before this run was written, ms; undefined on an empty log. */
  readonly newest: number | undefined
  readonly leapMsMax: number
}

/** At a start: time may have passed while nothing ran, but not more than `leapMsMax` without somebody saying so. */
export const trustAtStart = ({ reading, newest, leapMsMax }: ClockStart): ClockTrust => {
  if (newest === undefined) return trusting(reading)
  const before = { wall: newest, elapsed: reading.elapsed }
  const leap = reading.wall - newest
  if (leap <= leapMsMax) return { references: [reading, before], anchor: reading, held: undefined }
  const held = `the clock says ${day(reading.wall)}, the newest event of the run before is of ${day(newest)}`
  return { references: [before], anchor: reading, held }
}

/** Another look at both. */
export const looked = (trust: ClockTrust, reading: Reading): ClockTrust => {
  if (trust.held !== undefined) {
    const isBack = trust.references.some((one) => Math.abs(reading.wall - runOn(one, reading.elapsed)) <= returnMsMax)
    return isBack ? { ...trust, anchor: reading, held: undefined } : trust
  }
  const expected = runOn(trust.anchor, reading.elapsed)
  if (Math.abs(reading.wall - expected) <= partMsMax) return trust
  return { ...trust, held: `the clock went from ${day(expected)} to ${day(reading.wall)} in no time` }
}

/** What the time is taken for: the clock's own where it is believed. */
export const believedAt = (trust: ClockTrust, reading: Reading): number =>
  trust.held === undefined ? reading.wall : runOn(trust.references[0], reading.elapsed)

/** The least that a new event may say: one that claims to be old would be destroyed as soon as the clock is right. */
export const earliestAt = (trust: ClockTrust, { elapsed }: Reading): number =>
  runOn(trust.held === undefined ? trust.anchor : trust.references[0], elapsed) - partMsMax

const runOn = ({ wall, elapsed }: Reading, now: number): number => wall + now - elapsed

const day = (ms: number): string => new Date(ms).toISOString()
