/** The endings of a server: the last one first, and none keeps the others from theirs. */
import { expect } from 'chai'
import { makeEndings } from '#src/compose/endings.js'
import type { Clock } from '#src/ports/clock.js'
import type { LoggerFields } from '#src/ports/logger.js'

/** A clock whose sleepers all wake when `wake` is called. */
const handClock = (): Clock & { readonly wake: () => void } => {
  const sleepers = new Set<() => void>()
  return {
    now: () => 0,
    sleep: (_ms, signal) =>
      new Promise((resolve) => {
        sleepers.add(resolve)
        signal.addEventListener('abort', () => {
          sleepers.delete(resolve)
          resolve()
        })
      }),
    wake: () => {
      for (const wake of sleepers) wake()
      sleepers.clear()
    },
  }
}

describe('endings', () => {
  it('come in reverse, once, also after one that fails and one that never ends', async () => {
    const clock = handClock()
    const said: LoggerFields[] = []
    const silent = (): void => undefined
    const logger = {
      debug: silent,
      info: silent,
      error: silent,
      warn: (_: string, of?: LoggerFields) => said.push(of!),
    }
    const endings = makeEndings({ clock, logger })
    const order: string[] = []
    const ends = (name: string, how: () => Promise<unknown>): void => {
      endings.add(name, () => {
        order.push(name)
        return how()
      })
    }
    ends('first', () => Promise.resolve())
    ends('stuck', () => {
      queueMicrotask(clock.wake)
      return new Promise(() => undefined)
    })
    ends('broken', () => Promise.reject(new Error('it broke')))
    ends('last', () => Promise.resolve())
    await endings.unwind()
    await endings.unwind()
    expect(order).to.deep.equal(['last', 'broken', 'stuck', 'first'])
    expect(said).to.deep.equal([
      { name: 'broken', reason: 'it broke' },
      { name: 'stuck', reason: 'not within 8 s' },
    ])
  })
})
