/** What operators are told, a line each: nothing that somebody else wrote moves the terminal. */
import type { ActShown, StatusShown, TakedownShown } from '../../contract/operators.js'

const when = (at: number): string => new Date(at).toISOString()

/** `3 2026-11-30T08:00:00.000Z n4bQgYhMfWWaL-qg takeDown 47DE… "why"`. */
export const lineOfAct = ({ number, at, by, what, why }: ActShown): string =>
  [number, when(at), by.token, what.type, ...('digest' in what ? [what.digest] : []), JSON.stringify(why)].join(' ')

export const lineOfTakedown = ({ digest, act, since, why }: TakedownShown): string =>
  [digest, when(since), `act ${act}`, JSON.stringify(why)].join(' ')

type Readiness = Pick<StatusShown, 'ready' | 'reasons' | 'notes'>

/** `good` and `wrong` as `doctor` says them. `what`: who it is that is ready. */
export const linesOfReadiness = (what: string, { ready, reasons, notes }: Readiness): readonly string[] => [
  `${ready ? 'good  ready' : 'wrong not ready'}: ${what}`,
  ...reasons.map((reason) => `wrong ${reason}`),
  ...notes.map((note) => `note  ${note}`),
]

export const linesOfStatus = (status: StatusShown): readonly string[] => [
  ...linesOfReadiness(`mls-homeserver ${status.version} of ${status.domain}`, status),
  ...status.projections.map(
    ({ name, lagMs, parked }) =>
      `${parked > 0 ? 'wrong' : 'good '} read model ${name}: ${lagMs} ms behind, ${parked} parked`,
  ),
]
