/** Where a backup lies, and whose it can be. */
import { resolve } from 'node:path'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import type { Config } from '../../compose/settings/config.js'

/** Its directories: log and blobs in one, the keys in another, which is called after it unless it was named. */
export type Places = { readonly data: string; readonly keys: string }

/** Throws StartupProblem where a store is a server: those have tools that know them. */
export const placesOf = (
  { eventStoreUrl, mongoUrl }: Config,
  { DIRECTORY, KEYS }: { readonly DIRECTORY: string; readonly KEYS?: string },
): Places => {
  if (eventStoreUrl !== undefined || mongoUrl !== undefined)
    throw new StartupProblem(
      78,
      'backup and restore are for the embedded stores; docs/production.md tells how EventStoreDB and MongoDB are backed up',
    )
  const data = resolve(DIRECTORY)
  return { data, keys: KEYS === undefined ? `${data}-keys` : resolve(KEYS) }
}
