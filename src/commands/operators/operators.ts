/** The operators: which token is theirs, and what they did, each act once and before it has an effect. */
import { operatorsShapes, parseOperatorsEvent } from '../../events/operators.js'
import type { OperatorsEvent } from '../../events/operators.js'
import { accept } from '../../streams/decider.js'
import type { Aggregate, Decider } from '../../streams/decider.js'

export type Operators = {
  /** SHA-256 of the newest token, base64url; undefined where none was issued here (older logs have it on `server`). */
  readonly tokenHash: string | undefined
  /** The number of the newest act; 0 where there is none. */
  readonly acts: number
}

/** `tokenHash`: SHA-256 of the token, base64url. The newest token holds, older ones are void. */
export const issueOperatorToken: Decider<string, Operators, OperatorsEvent> = (tokenHash) => (state) =>
  state.tokenHash === tokenHash ? accept() : accept({ type: 'OperatorTokenIssued', data: { tokenHash } })

export type OnRecord = Extract<OperatorsEvent, { type: 'OperatorActed' }>['data']
export type RecordAct = Omit<OnRecord, 'number'>

/** Whatever is done again is on record again: only the same command is the same act. */
export const recordAct: Decider<RecordAct, Operators, OperatorsEvent> = (act) => (state) =>
  accept({ type: 'OperatorActed', data: { number: state.acts + 1, ...act } })

/** JSON has no undefined. */
type Stored = Pick<Operators, 'acts'> & Partial<Operators>

export const operatorsAggregate: Aggregate<Operators, OperatorsEvent> = {
  name: 'operators',
  initial: { tokenHash: undefined, acts: 0 },
  shapes: operatorsShapes,
  parse: parseOperatorsEvent,
  evolve: (state, event) => {
    switch (event.type) {
      case 'OperatorTokenIssued':
        return { ...state, tokenHash: event.data.tokenHash }
      case 'OperatorActed':
        return { ...state, acts: event.data.number }
    }
  },
  snapshot: {
    version: 1,
    write: (state) => new TextEncoder().encode(JSON.stringify(state)),
    read: (bytes) => ({ tokenHash: undefined, ...(JSON.parse(new TextDecoder().decode(bytes)) as Stored) }),
  },
  weigh: () => 500,
}
