/** Work that waits to be done in the background, each piece once however often it was asked for. */
import type { GroupId } from '../../mls/wire/ids.js'

/** all: the server has some whose keys this store does not have. */
export type KeyPackageNeed = 'low' | 'lastResortUsed' | 'all'

const needs = ['enough', 'low', 'lastResortUsed', 'all'] as const

export type Work = {
  /** Groups with something unfinished. Whoever does the work takes them out. */
  readonly groups: Set<GroupId>
  /** What the server still has of our KeyPackages, as far as is known. */
  keyPackages: 'enough' | KeyPackageNeed
  readonly settleSoon: (group: GroupId) => void
  readonly replenishSoon: (need?: KeyPackageNeed) => void
  readonly isWaiting: () => boolean
  /** Resolves when something was asked for after the call, or when the signal aborts. */
  readonly arrival: (signal: AbortSignal) => Promise<void>
}

export const newWork = (): Work => {
  let listeners: (() => void)[] = []
  const changed = (): void => {
    const called = listeners
    listeners = []
    for (const listener of called) listener()
  }
  const work: Work = {
    groups: new Set(),
    keyPackages: 'enough',
    settleSoon: (group) => {
      work.groups.add(group)
      changed()
    },
    replenishSoon: (need = 'low') => {
      if (needs.indexOf(need) > needs.indexOf(work.keyPackages)) work.keyPackages = need
      changed()
    },
    isWaiting: () => work.groups.size > 0 || work.keyPackages !== 'enough',
    arrival: (signal) =>
      new Promise((resolve) => {
        const wake = (): void => {
          signal.removeEventListener('abort', wake)
          resolve()
        }
        listeners.push(wake)
        signal.addEventListener('abort', wake, { once: true })
      }),
  }
  return work
}
