/** Tests of deciders as sentences: given what happened, when this is asked, then these events or this refusal. */
import { expect } from 'chai'
import type { Aggregate, Decision, Fact } from '#src/streams/decider.js'
import type { Rejection } from '#src/streams/rejection.js'

/** When the nth event of `given` was written, ms: `start + n`. */
export const start = 1_800_000_000_000

export const given = <State, Event extends Fact>(
  aggregate: Aggregate<State, Event>,
  past: readonly Event[] = [],
  at = start,
) => {
  const state = past.reduce<State>(
    (folded, event, revision) => aggregate.evolve(folded, event, { revision, at: at + revision }),
    aggregate.initial,
  )
  return {
    state,
    when: (decide: (state: State) => Decision<Event>) => ({
      then: (...events: readonly Event[]): void => {
        expect(decide(state)).to.deep.equal({ accepted: events })
      },
      thenRejected: (rejection: Rejection): void => {
        expect(decide(state)).to.deep.equal({ rejected: rejection })
      },
    }),
  }
}
