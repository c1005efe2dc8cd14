/**
 * Which blobs are named by groups, so that the sweep of orphans spares them. A group holds its newest GroupInfo and
 * profile; a Welcome is held for as long as the queue of a joiner may live without being fetched, and the life of a
 * KeyPackage more.
 */
import type { GroupId } from '../../mls/wire/ids.js'
import { limitDefaults } from '../../limits/limits.js'
import type { Rows } from '../projection.js'
import { text } from './schema.js'

const welcomeKeptMs = limitDefaults.queueUnfetchedMsMax + limitDefaults.keyPackageLifetimeMsMax
const forgottenAtOnce = 10

type Held = 'groupInfo' | 'profile' | `followed ${number} ${'info' | 'tree'}`

export const nameBlob = (rows: Rows, group: GroupId, what: Held, digest: string): void => {
  rows.put('blobs', { holder: `${what} ${group}`, digest })
}

export const forgetBlob = (rows: Rows, group: GroupId, what: Held): void => {
  rows.remove('blobs', [`${what} ${group}`])
}

/** Each new Welcome lets go of some old ones, so that the table does not grow with history. */
export const nameWelcome = async (
  rows: Rows,
  group: GroupId,
  epoch: string,
  digest: string,
  at: number,
): Promise<void> => {
  rows.put('blobs', { holder: `welcome ${group} ${epoch}`, digest, until: at + welcomeKeptMs })
  const ended = await rows.range({ table: 'blobs', index: 'byEnd', prefix: [], upTo: [at], limit: forgottenAtOnce })
  for (const row of ended) rows.remove('blobs', [text(row, 'holder')])
}
