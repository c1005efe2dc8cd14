/** Snapshots in memory: bytes are copied in and out. */
import type { Snapshot, Snapshots } from '../../ports/snapshots.js'

export const openMemorySnapshots = (): Snapshots => {
  const streams = new Map<string, readonly Snapshot[]>()
  const copy = (snapshot: Snapshot): Snapshot => ({ ...snapshot, bytes: Uint8Array.from(snapshot.bytes) })
  return {
    latest: (stream, version, atMost = Infinity) => {
      const found = (streams.get(stream) ?? [])
        .filter((snapshot) => snapshot.version === version && snapshot.revision <= atMost)
        .reduce<Snapshot | undefined>(
          (newest, each) => (each.revision > (newest?.revision ?? -1) ? each : newest),
          undefined,
        )
      return Promise.resolve(found === undefined ? undefined : copy(found))
    },
    save: (snapshot) => {
      const { stream, version, revision } = snapshot
      const others = (streams.get(stream) ?? []).filter(
        (each) => each.version !== version || each.revision !== revision,
      )
      streams.set(stream, [...others, copy(snapshot)])
      return Promise.resolve()
    },
    remove: (stream) => {
      streams.delete(stream)
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
}
