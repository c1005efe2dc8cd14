/** The tables of the outbox: who follows which group here, and what of it is unconfirmed. */
import type { Anchor } from '../../events/peerOutbox.js'
import type { ItemKind } from '../wire/sequencedItem.js'
import type { Row, Schema } from '../../ports/readModels.js'

export const outboxSchema: Schema = {
  name: 'outbox',
  version: 2,
  tables: {
    /** The domains that follow a group now; no row where none does. */
    groups: { key: ['group'], indexes: {} },
    /** Of a domain that follows, or followed, a group; `behindOf` (the peer) and `behindIn` (the group) only while something is unconfirmed. */
    follows: { key: ['peer', 'group'], indexes: { byBehind: ['behindOf', 'behindIn'] } },
    /** One row per item; `messageOf` (the peer) on messages alone, oldest first; `digest` and `welcome` of the blobs that the item needs. */
    items: {
      key: ['peer', 'group', 'sequence'],
      indexes: {
        byAge: ['messageOf', 'position'],
        byMessage: ['messageIn', 'revision'],
        byDigest: ['digest'],
        byWelcome: ['welcome'],
      },
    },
    /** Every other server that the log speaks of; `behindOf` and `troubleOf` (itself) only where that is so. */
    peers: { key: ['peer'], indexes: { byBehind: ['behindOf'], byTrouble: ['troubleOf'] } },
    /** Of what a domain confirmed of a group a mark every now and then, from which numbers are counted again. */
    marks: { key: ['peer', 'group', 'sequence'], indexes: {} },
    /** What ever fell out. */
    gaps: { key: ['peer', 'group', 'through'], indexes: {} },
  },
}

export type FollowRow = {
  readonly peer: string
  readonly group: string
  /** Leaves of the domain. */
  readonly leaves: number
  /** Something was recorded of what it has: without that nothing is sent. */
  readonly anchored: boolean
  /** What PeerConfirmed last said. */
  readonly anchor: Anchor
  /** Where counting goes on. */
  readonly next: Anchor
  /** The number of the last mark; −1 where there is none. */
  readonly marked: number
}

export type ItemRow = {
  readonly peer: string
  readonly group: string
  readonly sequence: number
  readonly through: number
  readonly kind: ItemKind
  readonly revision: number
  readonly position: number
  readonly groupRevision: number
  readonly messagesRevision: number
  /** Of the event at the hub; none of a gap. */
  readonly event?: string
  readonly at: number
  /** About what it takes on its way. */
  readonly bytes: number
  /** Of the blob with a GroupInfo or a profile. */
  readonly digest?: string
  /** Of the blob with the Welcome. */
  readonly welcome?: string
}

export const followOf = (row: Row): FollowRow => row as unknown as FollowRow

/** With the field that only those who are behind are found by. */
export const followRow = (follow: FollowRow): Row => {
  const { peer, group, leaves, anchored, anchor, next, marked } = follow
  return {
    ...{ peer, group, leaves, anchored, anchor, next, marked },
    ...(isBehind(follow) ? { behindOf: peer, behindIn: group } : {}),
  }
}

export const isBehind = ({ anchor, next }: FollowRow): boolean => anchor.sequence < next.sequence

export const itemOf = (row: Row): ItemRow => row as unknown as ItemRow

/** With the fields that only messages are found by. */
export const itemRow = (item: ItemRow): Row =>
  item.kind === 'message' ? { ...item, messageOf: item.peer, messageIn: item.group } : { ...item }
