/** Events as they wait in the store: of a message what was decrypted, once, to be read when it is told. */
import type { ClientEvent, Member, MessageEvent, SignalEvent } from '../events.js'
import type { Franking } from '../groups/franking.js'
import type { GroupId } from '../../mls/wire/ids.js'

export type SavedEvent =
  | Exclude<ClientEvent, { type: 'message' | 'signal' | 'unconfirmed' | 'fileSent' }>
  | SavedMessage
  | { readonly type: 'fileSent'; readonly group: GroupId; readonly plaintext: Uint8Array }
  | {
      readonly type: 'unconfirmed'
      readonly group: GroupId
      readonly messages: readonly (Unconfirmed | Plain)[]
      readonly reason: string
    }

/** Not saved: it is worth nothing later. */
export type WaitingEvent = SavedEvent | SignalEvent

export type SavedMessage = Pick<MessageEvent, 'type' | 'group' | 'epoch' | 'at'> & { readonly from: Member } & (
    Unconfirmed | Plain
  ) &
  Partial<Extract<Franking, { frank: string }> & Extract<Franking, { unreportable: string }>>

/** `digest`: of the MLSMessage. */
export type Unconfirmed = { readonly plaintext: Uint8Array; readonly digest: string }
/** As versions before contents saved them. */
type Plain = { readonly data: Uint8Array }
