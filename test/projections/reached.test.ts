/** Waiting for a position leaves nothing behind: no listener, no timer, whether it was reached or not. */
import { expect } from 'chai'
import { toPosition } from '#src/ports/position.js'
import type { Position } from '#src/ports/position.js'
import { reached } from '#src/projections/reached.js'

describe('waiting for a position', () => {
  let at: Position
  let now: number
  let isOurs: boolean
  let isEnding: boolean
  const listeners = new Set<() => void>()
  const asleep = new Set<() => void>()
  beforeEach(() => {
    at = toPosition(1)
    now = 0
    isOurs = true
    isEnding = false
  })

  const wait = (position: number): Promise<boolean> => {
    const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        const wake = (): void => {
          asleep.delete(wake)
          now += ms
          resolve()
        }
        asleep.add(wake)
        signal.addEventListener('abort', wake)
      })
    const onAdvance = (listener: () => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    }
    const moving = {
      clock: { now: () => now, sleep },
      stands: () => Promise.resolve(at),
      isOurs: () => isOurs,
      isEnding: () => isEnding,
      onAdvance,
    }
    return reached(moving, toPosition(position), 100)
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const moveTo = (position: number): void => {
    at = toPosition(position)
    for (const listener of listeners) listener()
  }

  it('goes on until it is there', async () => {
    const waiting = wait(3)
    await turn()
    moveTo(2)
    await turn()
    expect(listeners.size).to.equal(1)
    moveTo(3)
    expect(await waiting).to.equal(true)
    expect([listeners.size, asleep.size]).to.deep.equal([0, 0])
  })

  it('ends when its time is over', async () => {
    const waiting = wait(3)
    await turn()
    for (const wake of asleep) wake()
    expect(await waiting).to.equal(false)
    expect([listeners.size, asleep.size]).to.deep.equal([0, 0])
  })

  it('ends with the process, however much time is left', async () => {
    const waiting = wait(3)
    await turn()
    isEnding = true
    for (const listener of listeners) listener()
    expect(await waiting).to.equal(false)
    expect([listeners.size, asleep.size]).to.deep.equal([0, 0])
  })

  it('looks again and again where another process moves it', async () => {
    isOurs = false
    const waiting = wait(3)
    await turn()
    at = toPosition(3)
    const [, poll] = [...asleep]
    poll!()
    expect(await waiting).to.equal(true)
    expect([listeners.size, asleep.size]).to.deep.equal([0, 0])
  })
})
