/**
 * When application messages fall due. A row per message would double the cost of a send; a row for each run of messages,
 * a 720th of the retention wide (an hour for 30 days), is exact enough and never more than a few hundred per group.
 */
import type { GroupId } from '../../mls/wire/ids.js'
import type { Row } from '../../ports/readModels.js'
import type { Placed } from '../../items/placed.js'
import type { Rows } from '../projection.js'
import { number } from './schema.js'

const spansPerRetention = 720
const widthMsMin = 1_000
/** More than a group has: spansPerRetention, and those of a longer retention before. */
const spansMax = 20_000

export const addMessage = async ({ revision, at }: Placed, group: GroupId, rows: Rows): Promise<void> => {
  const settings = await rows.get('groups', [group])
  if (settings === undefined) return
  const retentionMs = number(settings, 'retentionMs')
  const width = Math.max(widthMsMin, Math.floor(retentionMs / spansPerRetention))
  const startedAt = Math.floor(at / width) * width
  rows.put('spans', { group, startedAt, lastAt: at, lastRevision: revision, expiresAt: at + retentionMs })
}

export const restretchSpans = async (group: GroupId, retentionMs: number, rows: Rows): Promise<void> => {
  for (const row of await spansOf(group, rows)) {
    rows.put('spans', { ...row, expiresAt: number(row, 'lastAt') + retentionMs })
  }
}

export const dropSpans = async (group: GroupId, upToRevision: number, rows: Rows): Promise<void> => {
  for (const row of await spansOf(group, rows)) {
    if (number(row, 'lastRevision') <= upToRevision) rows.remove('spans', [group, number(row, 'startedAt')])
  }
}

const spansOf = (group: GroupId, rows: Rows): Promise<readonly Row[]> =>
  rows.range({ table: 'spans', index: 'key', prefix: [group], limit: spansMax })
