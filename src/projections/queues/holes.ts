/** Revisions of a group's messages that are none, so that nobody counts them: a message the second time, or without payload. */
import type { Placed } from '../../items/placed.js'
import type { GroupId } from '../../mls/wire/ids.js'
import type { Row } from '../../ports/readModels.js'
import type { Rows } from '../projection.js'
import { emptyGroup, readGroupRow } from './schema.js'
import type { GroupRow, Hole } from './schema.js'

/** Kept per group: a hole is left where a store's leader died between write and answer. */
const holesMax = 64

export const addHole = async (group: GroupId, { position, revision }: Placed, rows: Rows): Promise<void> => {
  const stored = await rows.get('groups', [group])
  const row = stored === undefined ? emptyGroup(group) : readGroupRow(stored)
  rows.put('groups', withHoles(row, [...(row.holes ?? []), [position, revision]]))
}

/** None leaves no trace: a rebuild that never saw them ends equal. */
export const withHoles = ({ holes: _, ...row }: GroupRow, holes: readonly Hole[]): Row =>
  holes.length === 0 ? row : { ...row, holes: holes.slice(-holesMax) }
