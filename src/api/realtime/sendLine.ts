/**
 * The order of one connection's sends in one group: each waits for its predecessor, so that the log has them as they were
 * written. Groups do not wait for each other, and neither do connections.
 */
import type { GroupId } from '../../mls/wire/ids.js'

export type SendLine = {
  /** When a send throws, nobody knows whether it happened: those that wait behind it throw the same. */
  readonly take: <T>(group: GroupId, work: () => Promise<T>) => Promise<T>
}

export const newSendLine = (): SendLine => {
  const last = new Map<GroupId, Promise<unknown>>()
  return {
    take: async (group, work) => {
      const before = last.get(group)
      const mine = before === undefined ? work() : before.then(work)
      last.set(group, mine)
      try {
        return await mine
      } finally {
        if (last.get(group) === mine) last.delete(group)
      }
    },
  }
}
