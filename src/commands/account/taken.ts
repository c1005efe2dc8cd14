/** Ids and keys that are taken once, for ever: who comes first has them, and may come again. */
import { clientIdShapes, parseClientIdEvent } from '../../events/clientId.js'
import type { ClientIdEvent } from '../../events/clientId.js'
import { parseSignatureKeyEvent, signatureKeyShapes } from '../../events/signatureKey.js'
import type { SignatureKeyEvent } from '../../events/signatureKey.js'
import type { ClientId, UserId } from '../../mls/wire/ids.js'
import { accept } from '../../streams/decider.js'
import type { Aggregate, Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'

export type TakenBy<Owner> = { readonly by: Owner | undefined }

export const clientIdAggregate: Aggregate<TakenBy<UserId>, ClientIdEvent> = {
  name: 'client',
  initial: { by: undefined },
  shapes: clientIdShapes,
  parse: parseClientIdEvent,
  evolve: (_state, { data }) => ({ by: data.user }),
  weigh: () => 200,
}

export const signatureKeyAggregate: Aggregate<TakenBy<ClientId>, SignatureKeyEvent> = {
  name: 'key',
  initial: { by: undefined },
  shapes: signatureKeyShapes,
  parse: parseSignatureKeyEvent,
  evolve: (_state, { data }) => ({ by: data.client }),
  weigh: () => 200,
}

export const takeClientId: Decider<UserId, TakenBy<UserId>, ClientIdEvent> =
  (user) =>
  ({ by }) => {
    if (by === undefined) return accept({ type: 'ClientIdTaken', data: { user } })
    return by === user ? accept() : reject({ code: 'already-exists', what: 'client' })
  }

/** For what is to be a key of its own: whoever has it already does not take it again. */
export const takeUnusedKey: Decider<ClientId, TakenBy<ClientId>, SignatureKeyEvent> =
  (client) =>
  ({ by }) =>
    by === undefined
      ? accept({ type: 'SignatureKeyTaken', data: { client } })
      : reject({ code: 'already-exists', what: 'key' })

export const takeSignatureKey: Decider<ClientId, TakenBy<ClientId>, SignatureKeyEvent> =
  (client) =>
  ({ by }) => {
    if (by === undefined) return accept({ type: 'SignatureKeyTaken', data: { client } })
    return by === client ? accept() : reject({ code: 'already-exists', what: 'key' })
  }
