/** The queues' read model: each item is written once, whoever is to read it; a queue itself is a handful of small rows. */
import { itemsOf } from '../../items/itemsOf.js'
import { seatChangesOf } from '../../items/membership.js'
import { groupOfMessages } from '../../events/messages.js'
import type { Placed } from '../../items/placed.js'
import type { OpenReference } from '../../items/references.js'
import type { GroupId } from '../../mls/wire/ids.js'
import type { KeyPart } from '../../ports/readModels.js'
import type { Projection, Rows } from '../projection.js'
import { expireMessages } from './expiry.js'
import { addGroupItem } from './groupItems.js'
import type { GroupItem } from './groupItems.js'
import { addHole } from './holes.js'
import { changeSeat } from './memberships.js'
import { addOwnItem } from './ownItems.js'
import { lifeOfQueues } from './queueRows.js'
import { blockMessages, queuesSchema } from './schema.js'

export type QueuesOptions = {
  /** Of every group here. */
  readonly domain: string
  readonly open: OpenReference
  /** The store may let the same message in twice under one event id (EventStoreDB): the second is not shown. */
  readonly mayRepeat: boolean
}

export const queuesProjection = ({ domain, open, mayRepeat }: QueuesOptions): Projection => ({
  schema: queuesSchema,
  exactCheckpoint: true,
  touches: (placed) => touches(placed, mayRepeat),
  project: async (placed, rows) => {
    const hole = await holeIn(placed, { domain, mayRepeat }, rows)
    if (hole !== undefined) return addHole(hole, placed, rows)
    await lifeOfQueues(placed, rows)
    for (const change of seatChangesOf(placed, open)) await changeSeat(change, rows)
    for (const [seq, shown] of itemsOf(placed, open).entries()) {
      await addItem({ placed, shown, keepId: mayRepeat }, seq, rows)
    }
    if (placed.event.type === 'MessagesExpired') await expireMessages(placed.event.data, rows)
  },
})

type Touched = { readonly table: string; readonly key: readonly KeyPart[] }

/** The rows that nearly every event of its kind reads, so that a batch fetches them together. */
const touches = ({ event, revision, id }: Placed, mayRepeat: boolean): readonly Touched[] => {
  if (event.type === 'MessageAccepted') {
    const { group } = event.data
    const block = { table: 'blocks', key: [group, Math.floor(revision / blockMessages)] }
    return [{ table: 'groups', key: [group] }, block, ...(mayRepeat ? [{ table: 'taken', key: [group, id] }] : [])]
  }
  if (event.type === 'CommitAccepted') {
    const { group, removed, updated, added } = event.data
    const seats = [...removed, ...updated, ...added].map((at) => ({ table: 'seats', key: [group, at.leafIndex] }))
    return [{ table: 'groups', key: [group] }, ...seats]
  }
  if (event.type !== 'QueuesAcknowledged') return []
  return Object.keys(event.data.queues).map((queue) => ({ table: 'queues', key: [queue] }))
}

const addItem = async (added: GroupItem, seq: number, rows: Rows): Promise<void> => {
  const { audience } = added.shown
  if ('group' in audience) await addGroupItem(audience.group, added, rows)
  else await addOwnItem(audience.recipient, added.shown, { position: added.placed.position, seq }, rows)
}

type HoleOptions = Pick<QueuesOptions, 'domain' | 'mayRepeat'>

/** The group whose messages have a hole here: no payload, or one that was taken before. */
const holeIn = async (placed: Placed, options: HoleOptions, rows: Rows): Promise<GroupId | undefined> => {
  const { event, stream, id } = placed
  if (event.type === 'Erased') return groupOfMessages(stream, options.domain)
  if (!options.mayRepeat || event.type !== 'MessageAccepted') return undefined
  const { group } = event.data
  if ((await rows.get('taken', [group, id])) !== undefined) return group
  rows.put('taken', { group, id })
  return undefined
}
