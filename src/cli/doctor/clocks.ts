/** The clocks: this machine's, the server's, a second one, and what the log says of the past. */
import type { Config } from '../../compose/settings/config.js'
import { httpDateHere, terminalClock } from '../../compose/terminal.js'
import type { EventStore } from '../../ports/eventStore.js'
import { good, note, wrong } from './finding.js'
import type { Finding, Look } from './finding.js'

const apartMsMax = 5_000
const ntp = 'run NTP on both, then start the server again (The clock)'
const past =
  'is this machine’s clock wrong, run NTP; is it right, that of then was not, and the next event ends this (The clock)'

/** `url`: of the server that runs here; undefined where none does. */
export async function* lookAtClocks(url: string | undefined, { clockUrl }: Pick<Config, 'clockUrl'>): Look {
  if (url !== undefined) yield* compared('the server', await apart(`${url}/livez`), true)
  if (clockUrl !== undefined) yield* compared(`CLOCK_URL ${clockUrl}`, await apart(clockUrl), false)
}

/** How far a clock is ahead of this machine's, ms, to a second; undefined where nobody says. */
const apart = async (url: string): Promise<number | undefined> => {
  const asked = terminalClock.now()
  const date = await httpDateHere(url)
  return date === undefined ? undefined : date + 500 - (asked + terminalClock.now()) / 2
}

function* compared(who: string, ms: number | undefined, isOurs: boolean): Generator<Finding> {
  if (ms === undefined) {
    // That a server of ours does not answer is told elsewhere.
    if (!isOurs) yield note(`clock: ${who} does not tell the time`)
    return
  }
  if (Math.abs(ms) <= apartMsMax) yield good(`clock: that of ${who} is this machine's`)
  else yield wrong(78, `clock: that of ${who} is ${told(ms)} this machine's`, ntp)
}

/** The newest event was written by a clock that is ahead of this one, or this one went back. */
export async function* lookAtNewest(events: Pick<EventStore, 'newest'>): Look {
  const newest = await events.newest()
  const ms = newest === undefined ? 0 : newest.meta.at - terminalClock.now()
  if (ms > apartMsMax)
    yield wrong(78, `clock: the newest event was written ${secondsOf(ms)} in the future of this machine's clock`, past)
}

const told = (ms: number): string => `${secondsOf(Math.abs(ms))} ${ms > 0 ? 'ahead of' : 'behind'}`
const secondsOf = (ms: number): string => `${Math.round(ms / 1000)} s`
