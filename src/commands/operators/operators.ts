/** The operators: which tokens are theirs, and what they did, each act once and before it has an effect. */
import { fingerprintOf, operatorsShapes, ownTokenName, parseOperatorsEvent } from '../../events/operators.js'
import type { OperatorsEvent, RegistrationMode } from '../../events/operators.js'
import type { OperatorRole } from '../../events/operatorRole.js'
import { accept } from '../../streams/decider.js'
import type { Aggregate, Decider, Decision } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'

/** One that was not revoked; whether it has expired is for whoever asks. */
export type OperatorToken = {
  /** SHA-256, base64url. */
  readonly tokenHash: string
  readonly name: string
  readonly role: OperatorRole
  /** ms. */
  readonly issued: number
  /** ms; never where there is none. */
  readonly expires?: number | undefined
}

/** `by`: the fingerprint of the token; `invitation`: SHA-256 of the invitation's; `expires`: ms. */
export type IssuedInvitation = { readonly invitation: string; readonly by: string; readonly expires: number }

export type Operators = {
  /** By their names, of which each has one token: the one that was issued last. */
  readonly tokens: readonly OperatorToken[]
  /** Hashes of tokens that never hold again. */
  readonly revoked: readonly string[]
  /** What an operator said last; undefined: nobody said, and the setting holds. */
  readonly registration?: RegistrationMode
  /** Those that were made and not revoked; they may have expired. */
  readonly invitations: readonly IssuedInvitation[]
  /** The number of the newest act; 0 where there is none. */
  readonly acts: number
}

/** The server's own, for whoever has the machine: the newest token of that name holds, older ones are void. */
export const issueOperatorToken: Decider<string, Operators, OperatorsEvent> = (tokenHash) => (state) =>
  state.tokens.some((token) => token.tokenHash === tokenHash)
    ? accept()
    : accept({ type: 'OperatorTokenIssued', data: { tokenHash, name: ownTokenName, role: 'admin' } })

export type OnRecord = Extract<OperatorsEvent, { type: 'OperatorActed' }>['data']
export type RecordAct = Omit<OnRecord, 'number'>

/** Whatever is done again is on record again: only the same command is the same act. Whose token was revoked meanwhile does nothing. */
export const recordAct: Decider<RecordAct, Operators, OperatorsEvent> = (act) => onRecord({ act, changed: accept() })

type WithChange = { readonly act: RecordAct; readonly changed: Decision<OperatorsEvent> }

/** An act in one append with what it changes here, where that may be. */
export const onRecord: Decider<WithChange, Operators, OperatorsEvent> =
  ({ act, changed }) =>
  ({ acts, revoked }) => {
    if (revoked.some((hash) => fingerprintOf(hash) === act.by.token))
      return reject({ code: 'not-authenticated', detail: 'the token was revoked' })
    if ('rejected' in changed) return changed
    return accept({ type: 'OperatorActed', data: { number: acts + 1, ...act } }, ...changed.accepted)
  }

export const operatorsAggregate: Aggregate<Operators, OperatorsEvent> = {
  name: 'operators',
  initial: { tokens: [], revoked: [], invitations: [], acts: 0 },
  shapes: operatorsShapes,
  parse: parseOperatorsEvent,
  evolve: (state, event, { at }) => {
    switch (event.type) {
      case 'OperatorTokenIssued': {
        const others = state.tokens.filter(({ name }) => name !== event.data.name)
        return { ...state, tokens: [...others, { ...event.data, issued: at }] }
      }
      case 'OperatorTokenRevoked': {
        const { tokenHash } = event.data
        const tokens = state.tokens.filter((token) => token.tokenHash !== tokenHash)
        return { ...state, tokens, revoked: [...state.revoked, tokenHash] }
      }
      case 'RegistrationChanged':
        return { ...state, registration: event.data.registration }
      case 'OperatorActed':
        return { ...state, ...invitationsAfter(state, event.data, at), acts: event.data.number }
    }
  },
  snapshot: {
    version: 3,
    write: (state) => new TextEncoder().encode(JSON.stringify(state)),
    read: (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as Operators,
  },
  weigh: ({ tokens, revoked, invitations }) => 500 + 200 * (tokens.length + invitations.length) + 60 * revoked.length,
}

/** What has expired is forgotten with the next one that is made. */
const invitationsAfter = (
  { invitations }: Operators,
  { by, what }: OnRecord,
  at: number,
): Partial<Pick<Operators, 'invitations'>> => {
  if (what.type === 'makeInvitation') {
    const { invitation, expires } = what
    const others = invitations.filter((one) => one.expires > at)
    return { invitations: [...others, { invitation, by: by.token, expires }] }
  }
  return what.type === 'revokeInvitation'
    ? { invitations: invitations.filter(({ invitation }) => invitation !== what.invitation) }
    : {}
}
