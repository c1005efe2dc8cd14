/** Old messages go by an event; a mark stays, so that a queue that had not collected them can say how many there were. */
import type { GroupId } from '../../mls/wire/ids.js'
import type { Rows } from '../projection.js'
import { withHoles } from './holes.js'
import { blockMessages, emptyGroup, number, readGroupRow, readMessageRow, targetsIn } from './schema.js'
import type { Mark, MessageRow, Targeted } from './schema.js'

type Expired = {
  readonly group: GroupId
  readonly upToRevision: number
  readonly upToPosition?: number | undefined
  readonly targeted?: { readonly count: number; readonly leaves: readonly (readonly [number, number])[] } | undefined
}

/** Marks kept per group: a queue further behind than all of them counts from the beginning. */
const marksMax = 64
const pageRows = 500

/** Depends only on the event and on rows it removes: a rebuild that never saw the truncated messages ends equal. */
export const expireMessages = async (expired: Expired, rows: Rows): Promise<void> => {
  const { group, upToRevision } = expired
  const stored = await rows.get('groups', [group])
  const dropped = await dropMessages(group, upToRevision, rows)
  const row = stored === undefined ? emptyGroup(group) : readGroupRow(stored)
  const count = upToRevision + 1
  const gone = withExpired(row.expiredTargeted, expired.targeted)
  const at = expired.upToPosition ?? 0
  const mark: Mark = gone === undefined ? [at, count] : [at, count, gone]
  const marks = expired.upToPosition === undefined ? row.marks : withMark(row.marks, mark)
  const { targeted: before = 0, ...rest } = row
  const left = before - dropped.targeted
  const kept = {
    ...rest,
    bytes: row.bytes - dropped.bytes,
    count: Math.max(row.count, count),
    marks,
    ...(left > 0 ? { targeted: left } : {}),
    ...(gone === undefined ? {} : { expiredTargeted: gone }),
  }
  rows.put(
    'groups',
    withHoles(
      kept,
      (row.holes ?? []).filter(([, revision]) => revision > upToRevision),
    ),
  )
}

/** All that ever expired, so that a mark by itself says how many there were up to it. */
const withExpired = (before: Targeted | undefined, more: Expired['targeted']): Targeted | undefined => {
  if (more === undefined) return before
  const leaves: Record<string, number> = { ...before?.leaves }
  for (const [leaf, count] of more.leaves) leaves[leaf] = (leaves[leaf] ?? 0) + count
  return { count: (before?.count ?? 0) + more.count, leaves }
}

const withMark = (marks: readonly Mark[], mark: Mark): readonly Mark[] => [...marks, mark].slice(-marksMax)

/** Answers what went. */
const dropMessages = async (
  group: GroupId,
  upToRevision: number,
  rows: Rows,
): Promise<{ readonly bytes: number; readonly targeted: number }> => {
  let [bytes, targeted] = [0, 0]
  for (;;) {
    const page = await rows.range({ table: 'messages', index: 'key', prefix: [group], limit: pageRows })
    const old = page.map(readMessageRow).filter(({ revision }) => revision <= upToRevision)
    for (const message of old) {
      await dropMessage(message, upToRevision, rows)
      bytes += message.bytes
      if (message.targets !== undefined) targeted++
    }
    if (old.length < pageRows) return { bytes, targeted }
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
  else {
    const { targets: _, ...rest } = stored
    const left = targetsIn(stored).filter(([at]) => at !== position)
    const targets = left.length === 0 ? {} : { targets: left }
    rows.put('blocks', { ...rest, bytes: number(stored, 'bytes') - message.bytes, ...targets })
  }
}
