/** Keeps a client going: reads its queues, and does in the background what follows from what it read. */
import { replenishKeyPackages } from '../account/keyPackages.js'
import { renewPicturesDaily } from '../account/renewPictures.js'
import { resumeGroup, settleGroup } from '../groups/settleGroup.js'
import { renewLeavesSoon } from '../groups/ownLeaf.js'
import { LogChanged } from '../groups/logChanged.js'
import { NotInGroup } from '../groups/notInGroup.js'
import type { QueueReader } from '../queues/queueReader.js'
import { isRefusal, Unreachable } from '../transport/refused.js'
import { backoffMs, wait } from '../transport/wait.js'
import type { Engine } from './engine.js'
import type { OnProgress, Reading } from './reading.js'
import type { Work } from './work.js'

export type Runner = {
  /** Told how many items were read so far. */
  readonly sync: (onProgress?: OnProgress) => Promise<void>
  readonly connect: () => Promise<void>
  readonly disconnect: () => void
  readonly close: () => Promise<void>
}

/** Members that see the same proposal at once wait a random part of this, so that one Commit is made and not fifty. */
const settleDelayMsMax = 300
/** How often a client that stays connected looks whether its leaves or its pictures are about to end. */
const leavesEveryMs = 3_600_000

export type RunnerParts = {
  readonly engine: Engine
  readonly work: Work
  readonly reading: Reading
  readonly readers: readonly QueueReader[]
  readonly stop: AbortController
}

export const runnerOf = ({ engine, work, reading, readers, stop }: RunnerParts): Runner => {
  let connection: AbortController | undefined

  const doWork = async (): Promise<void> => {
    for (const group of work.groups) {
      work.groups.delete(group)
      await settleGroup(engine, group).catch(unlessExpected)
    }
    const { keyPackages } = work
    work.keyPackages = 'enough'
    if (keyPackages !== 'enough') await replenishKeyPackages(engine, keyPackages)
    await engine.saver.flush()
  }

  /** What nobody answers now waits: there are months for it. */
  const renewPictures = async (): Promise<void> => {
    await renewPicturesDaily(engine).catch((error: unknown) => {
      if (!(error instanceof Unreachable)) unlessExpected(error)
    })
  }

  const readAll = async (): Promise<void> => {
    for (const reader of readers) await reader.drain()
    renewLeavesSoon(engine)
    await renewPictures()
    while (work.isWaiting()) {
      await doWork()
      for (const reader of readers) await reader.drain()
    }
  }

  const sync = async (onProgress: OnProgress = () => undefined): Promise<void> => {
    const unwatch = reading.watch(onProgress)
    await readAll().finally(unwatch)
  }

  /** While connected, work is done as it comes, a little later; what fails for now is tried again. */
  const workWhileConnected = async (signal: AbortSignal): Promise<void> => {
    for (let attempt = 0; !signal.aborted;) {
      if (!work.isWaiting()) {
        await work.arrival(signal)
        continue
      }
      const groups = [...work.groups]
      try {
        await wait(Math.random() * settleDelayMsMax, signal)
        await doWork()
        attempt = 0
      } catch {
        for (const group of groups) work.groups.add(group)
        await wait(backoffMs(attempt++), signal).catch(() => undefined)
      }
    }
  }

  const lookAfterEnds = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      renewLeavesSoon(engine)
      await renewPictures().catch(() => undefined)
      await wait(leavesEveryMs, signal).catch(() => undefined)
    }
  }

  return {
    sync,
    connect: async () => {
      connection?.abort()
      connection = new AbortController()
      const signal = AbortSignal.any([connection.signal, engine.signal])
      await Promise.all(readers.map((reader) => reader.connect(signal)))
      void workWhileConnected(signal)
      void lookAfterEnds(signal)
    },
    disconnect: () => {
      connection?.abort()
      connection = undefined
    },
    close: async () => {
      connection?.abort()
      await engine.saver.flush()
      stop.abort(new Error('the client was closed'))
      await engine.saver.flush()
    },
  }
}

/** What a restart finds half done, and what a week away makes necessary. A server that is away now is asked again later. */
export const resume = async (engine: Engine, work: Work): Promise<void> => {
  const groups = [...engine.groups.keys()]
  for (const group of groups) {
    try {
      await resumeGroup(engine, group)
    } catch (error) {
      if (!(error instanceof Unreachable)) unlessExpected(error)
      work.groups.add(group)
      if (error instanceof Unreachable) {
        // Each of the others would wait as long.
        for (const other of groups) work.groups.add(other)
        break
      }
    }
  }
  work.replenishSoon()
}

/** A refusal, or a group that ended meanwhile: that work is done, and the next event will tell what to do. */
const unlessExpected = (error: unknown): void => {
  if (!isRefusal(error) && !(error instanceof NotInGroup) && !(error instanceof LogChanged)) throw error
}
