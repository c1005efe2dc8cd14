/** What is asked of the outbox's read model. */
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import type { Position } from '../../ports/position.js'
import type { ReadModel, Row } from '../../ports/readModels.js'
import { allRows } from '../../projections/allRows.js'
import { followOf, itemOf, peerOf } from './schema.js'
import type { FollowRow, ItemRow, PeerRow } from './schema.js'

export type OutboxView = {
  /** Where the rows stand. */
  checkpoint(): Promise<Position>
  /** Every domain that has not confirmed all that it is sent. */
  peers(): Promise<readonly Domain[]>
  /** How a domain follows a group; undefined where it never did. */
  follow(peer: Domain, group: GroupId): Promise<FollowRow | undefined>
  /** Groups that a domain follows, or followed. */
  follows(peer: Domain): Promise<readonly FollowRow[]>
  /** The groups of a domain of which something is unconfirmed. */
  unconfirmed(peer: Domain): Promise<readonly FollowRow[]>
  /** Items from a number on, in order. */
  items(peer: string, group: string, from: number, limit: number): Promise<readonly ItemRow[]>
  /** Application messages that the domain has not got. */
  queued(peer: Domain): Promise<PeerRow>
  /** The oldest application message that it has not got. */
  oldest(peer: Domain): Promise<ItemRow | undefined>
  /** The lowest revision of `messages-<group>` that somebody is still to get: it is not truncated. */
  needed(group: GroupId): Promise<number | undefined>
  /** Whether an item is still made of the blob. */
  namesBlob(digest: string): Promise<boolean>
}

export const outboxView = (model: ReadModel): OutboxView => {
  const follows = async (index: 'key' | 'byBehind', prefix: readonly string[]): Promise<readonly FollowRow[]> => {
    const behind = (row: Row): readonly string[] => [followOf(row).peer, followOf(row).group].slice(prefix.length)
    return (await allRows(model, { table: 'follows', index, prefix }, behind)).map(followOf)
  }
  const first = async (index: string, prefix: readonly string[]): Promise<ItemRow | undefined> => {
    const [row] = await model.range({ table: 'items', index, prefix, limit: 1 })
    return row === undefined ? undefined : itemOf(row)
  }
  return {
    checkpoint: () => model.checkpoint(),
    peers: async () => [...new Set((await follows('byBehind', [])).map(({ peer }) => peer as Domain))],
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
    queued: async (peer) => {
      const row = await model.get('peers', [peer])
      return row === undefined ? { peer, messages: 0, bytes: 0 } : peerOf(row)
    },
    oldest: (peer) => first('byAge', [peer]),
    needed: async (group) => (await first('byMessage', [group]))?.revision,
    namesBlob: async (digest) =>
      ((await first('byDigest', [digest])) ?? (await first('byWelcome', [digest]))) !== undefined,
  }
}
