/** Old messages go by an event; a mark stays, so that a queue that had not collected them can say how many there were. */
import type { GroupId } from '../../mls/wire/ids.js'
import type { Rows } from '../projection.js'
import { withHoles } from './holes.js'
import { blockMessages, emptyGroup, number, readGroupRow, readMessageRow } from './schema.js'
import type { Mark, MessageRow } from './schema.js'

type Expired = {
  readonly group: GroupId
  readonly upToRevision: number
  readonly upToPosition?: number | undefined
}

/** Marks kept per group: a queue further behind than all of them counts from the beginning. */
const marksMax = 64
const pageRows = 500

/** Depends only on the event and on rows it removes: a rebuild that never saw the truncated messages ends equal. */
export const expireMessages = async (expired: Expired, rows: Rows): Promise<void> => {
  const { group, upToRevision } = expired
  const stored = await rows.get('groups', [group])
  const bytes = await dropMessages(group, upToRevision, rows)
  const row = stored === undefined ? emptyGroup(group) : readGroupRow(stored)
  const count = upToRevision + 1
  const marks = expired.upToPosition === undefined ? row.marks : withMark(row.marks, [expired.upToPosition, count])
  const kept = { ...row, bytes: row.bytes - bytes, count: Math.max(row.count, count), marks }
  rows.put(
    'groups',
    withHoles(
      kept,
      (row.holes ?? []).filter(([, revision]) => revision > upToRevision),
    ),
  )
}

const withMark = (marks: readonly Mark[], mark: Mark): readonly Mark[] => [...marks, mark].slice(-marksMax)

/** Answers the bytes that went. */
const dropMessages = async (group: GroupId, upToRevision: number, rows: Rows): Promise<number> => {
  let bytes = 0
  for (;;) {
    const page = await rows.range({ table: 'messages', index: 'key', prefix: [group], limit: pageRows })
    const old = page.map(readMessageRow).filter(({ revision }) => revision <= upToRevision)
    for (const message of old) {
      await dropMessage(message, upToRevision, rows)
      bytes += message.bytes
    }
    if (old.length < pageRows) return bytes
  }
}

const dropMessage = async (message: MessageRow, upToRevision: number, rows: Rows): Promise<void> => {
  const { group, position, revision, id } = message
  rows.remove('messages', [group, position])
  if (id !== undefined) rows.remove('taken', [group, id])
  const block = Math.floor(revision / blockMessages)
  const stored = await rows.get('blocks', [group, block])
  if (stored === undefined) return
  const whole = (block + 1) * blockMessages - 1 <= upToRevision
  if (whole) rows.remove('blocks', [group, block])
  else rows.put('blocks', { group, block, bytes: number(stored, 'bytes') - message.bytes })
}
