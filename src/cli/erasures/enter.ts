/** Enters erasures where the keys are, and takes away the keys of whom they name: an older copy may have brought them back. */
import { join } from 'node:path'
import type { Config } from '../../compose/settings/config.js'
import { hashOfUser, userOfKeyFile } from '../../compose/terminal.js'
import type { UserId } from '../../mls/wire/ids.js'
import type { Erasure, Keys } from '../../ports/keys.js'
import { filesIn } from '../backup/files.js'

/** Durable when it resolves. */
export const enterErasures = async (
  { keysDir }: Pick<Config, 'keysDir'>,
  { server, erasures, subjects }: Keys,
  erased: readonly Erasure[],
): Promise<void> => {
  await erasures.add(erased)
  const gone = new Map(erased.map(({ user, at }) => [user, at]))
  for (const file of await filesIn(join(keysDir, 'subjects'))) {
    const user = userIn(file, server.domain)
    const at = user === undefined ? undefined : gone.get(hashOfUser(user))
    if (user !== undefined && at !== undefined) await subjects.erase(user, at)
  }
}

/** Whose key a file holds, by its path. */
export const userIn = (file: string, domain: string): UserId | undefined =>
  userOfKeyFile(file.slice(file.lastIndexOf('/') + 1), domain)
