/** The command side over a log, with what a server has of memory and patience. */
import type { Limits } from '../../limits/limits.js'
import type { EventStore } from '../../ports/eventStore.js'
import type { Snapshots } from '../../ports/snapshots.js'
import { makeStreams } from '../../streams/streams.js'
import type { Streams, StreamsDependencies } from '../../streams/streams.js'
import type { World } from '../world.js'

/** Of folded streams, in memory. */
const foldCacheBytes = 256 * 1024 * 1024

export const streamsOn = (
  events: EventStore,
  snapshots: Snapshots,
  { idempotencyKeyMs }: Limits,
  { clock, random }: World,
  more: Pick<StreamsDependencies, 'earliest' | 'blobOf'> = {},
): Streams => {
  const never = new AbortController().signal
  /** 1 to 2 ms, then twice that, … with jitter. */
  const pause = (attempt: number): Promise<void> =>
    clock.sleep(2 ** Math.min(attempt - 1, 6) * (1 + (random.bytes(1)[0] ?? 0) / 256), never)
  return makeStreams({ events, snapshots, cacheBytesMax: foldCacheBytes, pause, rememberMs: idempotencyKeyMs, ...more })
}
