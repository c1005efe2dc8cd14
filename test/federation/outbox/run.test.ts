/** When the outbox's worker is at work: at once where there is something new, however it comes. */
import { expect } from 'chai'
import { runOutbox } from '#src/federation/outbox/run.js'
import type { Served } from '#src/federation/outbox/hold.js'
import { parseDomain } from '#src/mls/wire/ids.js'
import { handClock } from '../../adapters/eventStoreDB/handClock.js'
import { silentLogger } from '../../support/silentLogger.js'

const peer = parseDomain('b.example')!
const othersTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('the run of the outbox', () => {
  it('serves a peer again at once where rows came while it was served, and no more often', async () => {
    const answers: ((served: Served) => void)[] = []
    let begun: () => void = () => undefined
    const began = (): Promise<void> => new Promise((resolve) => (begun = resolve))
    let looks = 0
    const worker = {
      due: () => {
        looks++
        return Promise.resolve([peer])
      },
      serve: () =>
        new Promise<Served>((resolve) => {
          answers.push(resolve)
          begun()
        }),
      wake: () => Promise.resolve(),
    }
    let advance: () => void = () => undefined
    const onAdvance = (listener: () => void) => {
      advance = listener
      return () => undefined
    }
    const ending = new AbortController()
    const clock = handClock(0)
    const first = began()
    const run = runOutbox({ worker, onAdvance, clock, logger: silentLogger }).run(ending.signal)
    await first
    advance()
    await othersTurn()
    expect([looks, answers.length]).to.deep.equal([2, 1])
    const second = began()
    answers[0]?.('waits')
    await second
    answers[1]?.('waits')
    await othersTurn()
    expect(answers).to.have.length(2)
    ending.abort()
    await run
  })
})
