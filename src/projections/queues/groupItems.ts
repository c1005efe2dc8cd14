/** Items for everybody in a group, written once each: messages, counted and weighed, and the events that never fall out. */
import type { ItemToShow } from '../../items/audience.js'
import type { Placed } from '../../items/placed.js'
import type { GroupId } from '../../mls/wire/ids.js'
import type { Rows } from '../projection.js'
import { blockMessages, emptyGroup, number, readGroupRow, targetsIn } from './schema.js'
import type { BlockTarget, GroupRow } from './schema.js'

export type GroupItem = {
  readonly placed: Placed
  readonly shown: ItemToShow
  /** Of a message: its id stays with its row, so that the row in `taken` goes with it. */
  readonly keepId: boolean
}

export const addGroupItem = async (id: GroupId, added: GroupItem, rows: Rows): Promise<void> => {
  const stored = await rows.get('groups', [id])
  const group = stored === undefined ? emptyGroup(id) : readGroupRow(stored)
  if (added.placed.event.type === 'MessageAccepted') await addMessage(group, added, rows)
  else addEvent(group, added, rows)
}

const addEvent = (group: GroupRow, { placed, shown }: GroupItem, rows: Rows): void => {
  const { position } = placed
  rows.put('groups', { ...group, lastEvent: position })
  rows.put('events', { group: group.group, position, item: JSON.stringify(shown.item) })
}

const addMessage = async (row: GroupRow, { placed, shown, keepId }: GroupItem, rows: Rows): Promise<void> => {
  const { position, revision, at, id } = placed
  const { group } = row
  const item = JSON.stringify(shown.item)
  const bytes = item.length
  const epoch = String(shown.epoch ?? 0n)
  const { targets, silent } = shown
  const rest = { ...(targets === undefined ? {} : { targets }), ...(silent === undefined ? {} : { silent }) }
  rows.put('messages', { group, position, revision, epoch, at, bytes, item, ...(keepId ? { id } : {}), ...rest })
  const targeted = targets === undefined ? {} : { targeted: (row.targeted ?? 0) + 1 }
  rows.put('groups', { ...row, lastMessage: position, count: revision + 1, bytes: row.bytes + bytes, ...targeted })
  await addToBlock(group, revision, { bytes, target: targets === undefined ? undefined : [position, targets] }, rows)
}

const addToBlock = async (
  group: GroupId,
  revision: number,
  { bytes, target }: { readonly bytes: number; readonly target: BlockTarget | undefined },
  rows: Rows,
): Promise<void> => {
  const block = Math.floor(revision / blockMessages)
  const stored = await rows.get('blocks', [group, block])
  const before = stored === undefined ? {} : stored
  const targets = target === undefined ? {} : { targets: [...targetsIn(before), target] }
  rows.put('blocks', {
    ...before,
    group,
    block,
    bytes: bytes + (stored === undefined ? 0 : number(stored, 'bytes')),
    ...targets,
  })
}
