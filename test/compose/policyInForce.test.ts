/** The policy as processes hold it: each follows what any of them recorded, and what they gave out at the start has the new values. */
import { expect } from 'chai'
import { setImmediate as turn } from 'node:timers/promises'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { changeMaintenance, policyAggregate, resetLimit, setLimit } from '#src/commands/policy/policy.js'
import type { PolicyState } from '#src/commands/policy/policy.js'
import { followedWith, holdPolicy } from '#src/compose/policyInForce.js'
import { policyStream } from '#src/events/policy.js'
import type { PolicyEvent } from '#src/events/policy.js'
import { limitDefaults, rateDefaults } from '#src/limits/limits.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import { origin } from '#src/ports/position.js'
import { commandId } from '#src/streams/commandId.js'
import type { Decide } from '#src/streams/decider.js'
import { makeStreams } from '#src/streams/streams.js'
import type { Streams } from '#src/streams/streams.js'
import { silentLogger } from '../support/silentLogger.js'

const settings = { limits: limitDefaults, rates: rateDefaults }
const rate = { burst: 7, everyMs: 700 }

describe('the policy in force', () => {
  const events = { ...openMemoryEventStore(), exclusive: false }
  const stop = new AbortController()
  after(() => {
    stop.abort()
  })
  const snapshots = openMemorySnapshots()
  const streamsHere = (): Streams =>
    makeStreams({ events, snapshots, cacheBytesMax: 1e6, pause: () => Promise.resolve() })
  const clock = { now: () => 1_800_000_000_000, sleep: () => turn().then(() => undefined) }

  const process = async (streams: Pick<Streams, 'read'> = streamsHere()) => {
    const held = await holdPolicy(settings, { streams, clock, logger: silentLogger })
    const { signal } = stop
    const follow = async (): Promise<void> => {
      for await (const _ of followedWith(events, held).follow({ after: origin, signal })) if (signal.aborted) return
    }
    void follow()
    return held
  }
  let acts = 0
  const say = async (decide: (act: number) => Decide<PolicyState, PolicyEvent>): Promise<void> => {
    acts++
    const command = { id: commandId('operator', String(acts)), bodyHash: 'x', at: clock.now() }
    await streamsHere().execute(policyAggregate, policyStream, command, decide(acts))
  }
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await turn()
  }

  it('is the same in every process that follows the log, in the objects that were given out', async () => {
    const [one, other] = [await process(), await process()]
    const given = other.limits
    await say((act) => setLimit({ name: 'groupMembersMax', value: 12, act }))
    await say((act) => setLimit({ name: 'sendsPerClient', value: rate, act }))
    await until(() => [one, other].every(({ rates }) => rates.sendsPerClient !== rateDefaults.sendsPerClient))
    expect([one.limits.groupMembersMax, given.groupMembersMax]).to.deep.equal([12, 12])
    expect(other.rates.sendsPerClient).to.deep.equal(rate)
    const before = other.edition()
    await say((act) => resetLimit({ name: 'groupMembersMax', act }))
    await until(() => other.edition() !== before)
    expect(given.groupMembersMax).to.equal(limitDefaults.groupMembersMax)
  })

  it('is there before the first look at it, as the log has it', async () => {
    await say((act) => changeMaintenance({ on: true, act }))
    const started = await process()
    expect(started.maintenance()).to.equal(true)
    expect(started.rates.sendsPerClient).to.deep.equal(rate)
    await say((act) => changeMaintenance({ on: false, act }))
    await until(() => !started.maintenance())
  })

  it('is read again until that succeeds, where the store is away for a moment', async () => {
    const streams = streamsHere()
    let away = 0
    const sometimes: Pick<Streams, 'read'> = {
      read: (aggregate, stream) =>
        away-- > 0 ? Promise.reject(new StoreUnavailable('away')) : streams.read(aggregate, stream),
    }
    const held = await process(sometimes)
    await turn()
    away = 3
    await say((act) => changeMaintenance({ on: true, act }))
    await until(() => held.maintenance())
    expect(away).to.be.lessThan(0)
  })
})
