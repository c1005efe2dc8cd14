/** The reactions' checkpoints in memory. */
import type { Checkpoints } from '../../ports/checkpoints.js'
import { origin, type Position } from '../../ports/position.js'

export const openMemoryCheckpoints = (): Checkpoints => {
  const checkpoints = new Map<string, { readonly logId: string; readonly position: Position }>()
  const positionOf = (name: string, logId: string): Position => {
    const found = checkpoints.get(name)
    return found?.logId === logId ? found.position : origin
  }
  return {
    load: (name, logId) => Promise.resolve(positionOf(name, logId)),
    save: (name, logId, position) => {
      if (position > positionOf(name, logId)) checkpoints.set(name, { logId, position })
      return Promise.resolve()
    },
    standings: () => Promise.resolve([...checkpoints].map(([name, at]) => ({ name, ...at }))),
    close: () => Promise.resolve(),
  }
}
