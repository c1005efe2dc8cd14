/** Work on files, whose failures are told as the ports name them. */
import { StorageFull, StoreUnavailable } from '../ports/eventStore.js'

/** `what` was asked for, in the words of the error. Throws StorageFull where there is no room, StoreUnavailable for the rest. */
export const onDisk = async <Result>(what: string, work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work()
  } catch (cause) {
    // Whatever has no code is not the disk's: what stands there is wrong, and no waiting mends it.
    if (!(cause instanceof Error) || !('code' in cause)) throw cause
    if (noRoom.has(cause.code)) throw new StorageFull(`no room: ${what}`, { cause })
    throw new StoreUnavailable(what, { cause })
  }
}

const noRoom: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT'])
