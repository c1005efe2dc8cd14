/** Keeps a client going: reads its queues, and does in the background what follows from what it read. */
import { restock, sweepKeyPackages } from '../account/keyPackages.js'
import { resumeGroup, tendGroup } from '../groups/tend.js'
import { NotInGroup } from '../groups/notInGroup.js'
import type { GroupId } from '../../mls/wire/ids.js'
import type { QueueReader } from '../queues/queueReader.js'
import { isRefusal, Unreachable } from '../transport/refused.js'
import { backoffMs, wait } from '../transport/wait.js'
import type { Engine } from './engine.js'

export type Runner = {
  readonly sync: () => Promise<void>
  readonly connect: () => Promise<void>
  readonly disconnect: () => void
  readonly close: () => Promise<void>
}

/** Work that waits to be done, each once however often it was asked for. */
export type Chores = {
  readonly groups: Set<GroupId>
  stock: 'enough' | 'low' | 'lastResortUsed'
}

/** Members that see the same proposal at once wait a random part of this, so that one Commit is made and not fifty. */
const tendDelayMsMax = 300

export const runnerOf = (
  engine: Engine,
  chores: Chores,
  readers: readonly QueueReader[],
  stop: AbortController,
  onChore: (listener: () => void) => void,
): Runner => {
  let connection: AbortController | undefined

  const doChores = async (): Promise<void> => {
    for (const group of chores.groups) {
      chores.groups.delete(group)
      await tendGroup(engine, group).catch(unlessExpected)
    }
    const { stock } = chores
    chores.stock = 'enough'
    if (stock !== 'enough') await restock(engine, stock === 'lastResortUsed')
    await engine.saver.flush()
  }
  const hasChores = (): boolean => chores.groups.size > 0 || chores.stock !== 'enough'

  const sync = async (): Promise<void> => {
    for (const reader of readers) await reader.drain()
    while (hasChores()) {
      await doChores()
      for (const reader of readers) await reader.drain()
    }
  }

  /** While connected, chores are done as they come, a little later; what fails for now is tried again. */
  const keepTidy = async (signal: AbortSignal): Promise<void> => {
    for (let attempt = 0; !signal.aborted;) {
      if (!hasChores()) {
        await new Promise<void>((resolve) => {
          onChore(resolve)
          signal.addEventListener(
            'abort',
            () => {
              resolve()
            },
            { once: true },
          )
        })
        continue
      }
      const groups = [...chores.groups]
      try {
        await wait(Math.random() * tendDelayMsMax, signal)
        await doChores()
        attempt = 0
      } catch {
        for (const group of groups) chores.groups.add(group)
        await wait(backoffMs(attempt++), signal).catch(() => undefined)
      }
    }
  }

  return {
    sync,
    connect: async () => {
      connection?.abort()
      connection = new AbortController()
      const signal = AbortSignal.any([connection.signal, engine.signal])
      await Promise.all(readers.map((reader) => reader.connect(signal)))
      void keepTidy(signal)
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
export const resume = async (engine: Engine, chores: Chores): Promise<void> => {
  await sweepKeyPackages(engine)
  for (const group of [...engine.groups.keys()]) {
    try {
      await resumeGroup(engine, group)
    } catch (error) {
      if (!(error instanceof Unreachable)) unlessExpected(error)
      chores.groups.add(group)
    }
  }
  chores.stock = 'low'
}

/** A refusal, or a group that ended meanwhile: the chore is settled, and the next event will tell what to do. */
const unlessExpected = (error: unknown): void => {
  if (!isRefusal(error) && !(error instanceof NotInGroup)) throw error
}
