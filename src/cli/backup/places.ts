/** Where a backup lies: log and blobs in one directory, the keys in another, which is called after it unless it was named. */
import { resolve } from 'node:path'

export type Places = { readonly data: string; readonly keys: string }

export const placesOf = ({ DIRECTORY, KEYS }: { readonly DIRECTORY: string; readonly KEYS?: string }): Places => {
  const data = resolve(DIRECTORY)
  return { data, keys: KEYS === undefined ? `${data}-keys` : resolve(KEYS) }
}
