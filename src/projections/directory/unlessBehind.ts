/**
 * A directory that takes nobody for nobody while it is behind: after a restore or at another process it would not know yet who is
 * there, and give an id or a handle away, or have somebody believe that a friend is gone.
 */
import { StoreUnavailable } from '../../ports/eventStore.js'
import type { Directory } from './queries.js'

/** `level`: whether it has come to what was acknowledged by now, in time. Of one person it throws StoreUnavailable where it has not. */
export const unlessBehind = (directory: Directory, level: () => Promise<boolean>): Directory => {
  const surely =
    <Key, Found>(find: (key: Key) => Promise<Found | undefined>) =>
    async (key: Key): Promise<Found | undefined> => {
      const found = await find(key)
      if (found !== undefined) return found
      if (!(await level())) throw new StoreUnavailable('the directory is behind')
      return find(key)
    }
  return {
    ...directory,
    ownerOf: surely(directory.ownerOf),
    byHandle: surely(directory.byHandle),
    recoverableBy: surely(directory.recoverableBy),
  }
}
