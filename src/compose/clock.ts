/** The command side, and the watch over the clock whose word it takes: each needs the other. */
import { httpDate } from '../adapters/system/httpDate.js'
import type { Clock, SecondClock } from '../ports/clock.js'
import { watchClock } from '../reactions/clockWatch.js'
import type { ClockWatch } from '../reactions/clockWatch.js'
import type { Streams } from '../streams/streams.js'
import type { Config } from './settings/config.js'
import type { Foundation } from './foundation.js'
import { streamsOn } from './stores/streamsOn.js'
import type { World } from './world.js'

export type WatchedClock = {
  readonly streams: Streams
  readonly clockWatch: ClockWatch
  /** By which what waits in a queue grows old: a leap makes nothing fall out. */
  readonly ages: Clock
}

export const streamsInTime = async (
  config: Config,
  world: World,
  { events, readSide, newest }: Foundation,
  process: string,
): Promise<WatchedClock> => {
  const { clock, stopwatch, logger } = world
  const watched: { by?: ClockWatch } = {}
  const earliest = (): number => watched.by?.earliest() ?? 0
  const streams = streamsOn(events, readSide.snapshots, config.limits, world, {
    earliest,
    blobOf: (digest) => readSide.blobs.get(digest),
  })
  const secondClock = config.clockUrl === undefined ? (readSide.secondClock ?? none) : httpDate(config.clockUrl)
  const { clockLeapMsMax: leapMsMax } = config
  const clockWatch = await watchClock({
    clock,
    stopwatch,
    streams,
    secondClock,
    newest,
    leapMsMax,
    process,
    logger,
  })
  watched.by = clockWatch
  return { streams, clockWatch, ages: { ...clock, now: () => clockWatch.believed() } }
}

const none: SecondClock = () => Promise.resolve(undefined)
