/** What is asked of the outbox's read model. */
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import type { Position } from '../../ports/position.js'
import type { ReadModel, Row } from '../../ports/readModels.js'
import { allRows } from '../../projections/allRows.js'
import { countedFrom } from './countedFrom.js'
import type { CountedFrom, Counting } from './countedFrom.js'
import { peerOf } from './peerRows.js'
import type { PeerRow } from './peerRows.js'
import { followOf, itemOf } from './schema.js'
import type { FollowRow, ItemRow } from './schema.js'

export type OutboxView = {
  /** Where the rows stand. */
  checkpoint(): Promise<Position>
  /** Every domain that has not confirmed all that it is sent. */
  peers(): Promise<readonly PeerRow[]>
  /** One of them, or of all others that the log speaks of. */
  peer(peer: Domain): Promise<PeerRow | undefined>
  /** All of them by name, a page at a time. */
  listed(page: { readonly after: string | undefined; readonly limit: number }): Promise<readonly PeerRow[]>
  /** Those that are parked, or whose groups stand still here. */
  troubled(): Promise<readonly PeerRow[]>
  /** How a domain follows a group; undefined where it never did. */
  follow(peer: Domain, group: GroupId): Promise<FollowRow | undefined>
  /** Groups that a domain follows, or followed. */
  follows(peer: Domain): Promise<readonly FollowRow[]>
  /** The groups of a domain of which something is unconfirmed. */
  unconfirmed(peer: Domain): Promise<readonly FollowRow[]>
  /** Items from a number on, in order. */
  items(peer: string, group: string, from: number, limit: number): Promise<readonly ItemRow[]>
  /** The oldest application message that it has not got. */
  oldest(peer: Domain): Promise<ItemRow | undefined>
  /** When the oldest item came that it has not got, ms: of all messages, and of what else there is of so many groups (50). */
  oldestAt(peer: Domain, groups?: number): Promise<number | undefined>
  /** From where the numbers of a group can be counted again. */
  countedFrom(asked: CountedFrom): Promise<Counting | undefined>
  /** The lowest revision of `messages-<group>` that somebody is still to get: it is not truncated. */
  needed(group: GroupId): Promise<number | undefined>
  /** Whether an item is still made of the blob. */
  namesBlob(digest: string): Promise<boolean>
}

/** Looked at for the age of what waits. */
const groupsMax = 50

export const outboxView = (model: ReadModel): OutboxView => {
  const follows = async (index: 'key' | 'byBehind', prefix: readonly string[]): Promise<readonly FollowRow[]> => {
    const behind = (row: Row): readonly string[] => [followOf(row).peer, followOf(row).group].slice(prefix.length)
    return (await allRows(model, { table: 'follows', index, prefix }, behind)).map(followOf)
  }
  const peers = async (index: 'byBehind' | 'byTrouble'): Promise<readonly PeerRow[]> =>
    (await allRows(model, { table: 'peers', index, prefix: [] }, (row) => [peerOf(row).peer])).map(peerOf)
  const first = async (index: string, prefix: readonly string[]): Promise<ItemRow | undefined> => {
    const [row] = await model.range({ table: 'items', index, prefix, limit: 1 })
    return row === undefined ? undefined : itemOf(row)
  }
  return {
    checkpoint: () => model.checkpoint(),
    peers: () => peers('byBehind'),
    peer: async (peer) => {
      const row = await model.get('peers', [peer])
      return row === undefined ? undefined : peerOf(row)
    },
    listed: async ({ after, limit }) => {
      const above = after === undefined ? {} : { after: [after] }
      return (await model.range({ table: 'peers', index: 'key', prefix: [], ...above, limit })).map(peerOf)
    },
    troubled: () => peers('byTrouble'),
    follow: async (peer, group) => {
      const row = await model.get('follows', [peer, group])
      return row === undefined ? undefined : followOf(row)
    },
    follows: (peer) => follows('key', [peer]),
    unconfirmed: (peer) => follows('byBehind', [peer]),
    items: async (peer, group, from, limit) => {
      const after = [from - 1]
      return (await model.range({ table: 'items', index: 'key', prefix: [peer, group], after, limit })).map(itemOf)
    },
    oldest: (peer) => first('byAge', [peer]),
    oldestAt: async (peer, limit = groupsMax) => {
      const behind = await model.range({ table: 'follows', index: 'byBehind', prefix: [peer], limit })
      const heads = await Promise.all(behind.map((row) => first('key', [peer, followOf(row).group])))
      const times = [...heads, await first('byAge', [peer])].flatMap((item) => item?.at ?? [])
      return times.length === 0 ? undefined : Math.min(...times)
    },
    countedFrom: (asked) => countedFrom(model, asked),
    needed: async (group) => (await first('byMessage', [group]))?.revision,
    namesBlob: async (digest) =>
      ((await first('byDigest', [digest])) ?? (await first('byWelcome', [digest]))) !== undefined,
  }
}
