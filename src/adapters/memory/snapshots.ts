/** Snapshots in memory, for tests and simulations. */
import type { Snapshot, Snapshots } from '../../ports/snapshots.js'

export const openMemorySnapshots = (): Snapshots => {
  const streams = new Map<string, readonly Snapshot[]>()
  return {
    latest: (stream, version, atMost = Infinity) => {
      const fitting = (streams.get(stream) ?? []).filter((one) => one.version === version && one.revision <= atMost)
      return Promise.resolve(fitting.toSorted((a, b) => a.revision - b.revision).at(-1))
    },
    save: (snapshot) => {
      const others = (streams.get(snapshot.stream) ?? []).filter(({ revision }) => revision !== snapshot.revision)
      streams.set(snapshot.stream, [...others, { ...snapshot, bytes: new Uint8Array(snapshot.bytes) }])
      return Promise.resolve()
    },
    remove: (stream) => {
      streams.delete(stream)
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
}
