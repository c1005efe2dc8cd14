/** Taking down a digest: nothing with these bytes is taken or given until that is lifted. Re-encryption escapes it. */
import { digestShapes, parseDigestEvent } from '../../events/digest.js'
import type { DigestEvent } from '../../events/digest.js'
import { accept } from '../../streams/decider.js'
import type { Aggregate, Decider } from '../../streams/decider.js'

/** `act`: the number of the newest act that had its effect here; 0 where none had. */
export type DigestState = { readonly takenDown: boolean; readonly act: number }

export const digestAggregate: Aggregate<DigestState, DigestEvent> = {
  name: 'digest',
  initial: { takenDown: false, act: 0 },
  shapes: digestShapes,
  parse: parseDigestEvent,
  evolve: (_, { type, data: { act } }) => {
    switch (type) {
      case 'DigestTakenDown':
        return { takenDown: true, act }
      case 'DigestTakedownLifted':
        return { takenDown: false, act }
    }
  },
  weigh: () => 100,
}

/** `digest`: SHA-256 of the stored bytes, base64url, on `digestStream(digest)`; `act`: the number of the operator's act. */
export type TakedownAct = DigestEvent['data']

/** An act that comes after a later one has nothing to say any more. */
export const takeDownDigest: Decider<TakedownAct, DigestState, DigestEvent> = (data) => (state) =>
  data.act > state.act ? accept({ type: 'DigestTakenDown', data }) : accept()

export const liftTakedown: Decider<TakedownAct, DigestState, DigestEvent> = (data) => (state) =>
  data.act > state.act ? accept({ type: 'DigestTakedownLifted', data }) : accept()
