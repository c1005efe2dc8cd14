/** `ready.json` in the data directory: who serves it and where, for as long as it does. */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export type Ready = { readonly pid: number; readonly url: string; readonly version: string }

/** Resolves with how to take it away again. */
export const writeReadyFile = async (directory: string, ready: Ready): Promise<() => Promise<void>> => {
  const file = join(directory, 'ready.json')
  await writeFile(file, JSON.stringify(ready))
  return () => rm(file, { force: true })
}
