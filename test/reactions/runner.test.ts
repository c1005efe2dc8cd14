/** The runner of the reactions: in order, by one process, again after a crash, and never stopped by one bad event. */
import { expect } from 'chai'
import { openMemoryCheckpoints } from '#src/adapters/memory/checkpoints.js'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemoryLeases } from '#src/adapters/memory/leases.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { jsonLog } from '#src/adapters/system/logger.js'
import { makeStreams } from '#src/streams/streams.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import { makeReactions } from '#src/reactions/runner.js'
import type { Reactions, ReactionsDependencies } from '#src/reactions/runner.js'
import type { Rule } from '#src/reactions/rule.js'

describe('the runner of the reactions', () => {
  const opened: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close()
  })

  const world = () => {
    const events = openMemoryEventStore()
    const streams = makeStreams({
      events,
      snapshots: openMemorySnapshots(),
      cacheBytesMax: 1_000_000,
      pause: () => Promise.resolve(),
    })
    const checkpoints = openMemoryCheckpoints()
    const leases = openMemoryLeases({ now: () => Date.now() })
    let appended = 0
    const append = async (stream = 'server', data: object = { tokenHash: 'x' }): Promise<string> => {
      const id = `00000000-0000-4000-8000-${String(++appended).padStart(12, '0')}`
      const meta = { v: 1, at: 1, command: id, bodyHash: '' }
      await events.append(stream, [{ id, type: 'OperatorTokenIssued', data: data as never, meta }], 'any')
      return id
    }
    const run = (rules: readonly Rule[], more: Partial<ReactionsDependencies> = {}): Reactions => {
      const stop = new AbortController()
      const reactions = makeReactions({
        rules,
        sweeps: [],
        mayDestroy: () => Promise.resolve(true),
        events,
        streams,
        checkpoints,
        leases,
        clock: systemClock,
        logger: jsonLog('error', () => undefined, Date.now),
        logId: 'log1',
        holder: 'one',
        begin: 'origin',
        blinded: (id) => `blinded ${id}`,
        ...more,
      })
      const running = reactions.run(stop.signal)
      opened.push(async () => {
        stop.abort()
        await running
      })
      return reactions
    }
    const settled = async (reactions: Reactions): Promise<void> => {
      expect(await reactions.reached(await events.head(), 10_000)).to.equal(true)
    }
    const stopLast = async (): Promise<void> => opened.pop()?.()
    return { events, append, run, settled, stopLast }
  }

  const recorder = (seen: string[], react: Rule['react'] = () => Promise.resolve()): Rule => ({
    name: 'recorder',
    react: async (placed, context) => {
      seen.push(placed.id)
      await react(placed, context)
    },
  })

  it('asks every rule about every event, in log order', async () => {
    const { append, run, settled } = world()
    const ids = [await append(), await append()]
    const seen: string[] = []
    const reactions = run([recorder(seen)])
    await settled(reactions)
    ids.push(await append())
    await settled(reactions)
    expect(seen).to.deep.equal(ids)
  })

  it('goes on from its checkpoint, not from the beginning', async () => {
    const { append, run, settled, stopLast } = world()
    await append()
    await settled(run([recorder([])]))
    await stopLast()
    const later = await append()
    const seen: string[] = []
    await settled(run([recorder(seen)]))
    expect(seen).to.deep.equal([later])
  })

  it('is silent about history when it is told to begin at the head', async () => {
    const { append, run, settled } = world()
    await append()
    const seen: string[] = []
    const reactions = run([recorder(seen)], { begin: 'head' })
    await settled(reactions)
    const later = await append()
    await settled(reactions)
    expect(seen).to.deep.equal([later])
  })

  it('tries again while the store is away, and keeps the order', async () => {
    const { append, run, settled } = world()
    const [first, second] = [await append(), await append()]
    const seen: string[] = []
    let away = 1
    const reactions = run([
      recorder(seen, () => {
        if (away-- > 0) throw new StoreUnavailable('away')
        return Promise.resolve()
      }),
    ])
    await settled(reactions)
    expect(seen).to.deep.equal([first, first, second])
  })

  it('tells of a sweep that found the store away as weather, and of any other failure as an error', async () => {
    const { run } = world()
    const failures = [new StoreUnavailable('away'), new Error('a bug')]
    const lines: string[] = []
    let swept = (): void => undefined
    const done = new Promise<void>((resolve) => (swept = resolve))
    const sweep = (): Promise<void> => {
      const failure = failures.shift()
      if (failure === undefined) swept()
      return failure === undefined ? Promise.resolve() : Promise.reject(failure)
    }
    run([], {
      sweeps: [{ name: 'sweeper', everyMs: 1, sweep }],
      logger: jsonLog('debug', (line) => lines.push(line), Date.now),
    })
    await done
    const failed = lines.map((line) => JSON.parse(line) as { readonly level: string; readonly message: string })
    expect(failed.filter(({ message }) => message.startsWith('sweep failed')).map(({ level }) => level)).to.deep.equal([
      'warn',
      'error',
    ])
  })

  it('asks again at its next start about what it could not finish before it stopped', async () => {
    const { append, run, stopLast, settled } = world()
    const first = await append()
    let asked = (): void => undefined
    const isAsked = new Promise<void>((resolve) => (asked = resolve))
    run([
      recorder([], () => {
        asked()
        throw new StoreUnavailable('away')
      }),
    ])
    await isAsked
    await stopLast()
    const seen: string[] = []
    await settled(run([recorder(seen)]))
    expect(seen).to.deep.equal([first])
  })

  it('parks what a rule cannot answer, and what nobody can read, and goes on', async () => {
    const { append, run, settled } = world()
    await append()
    await append('server', { other: 1 })
    const last = await append()
    const seen: string[] = []
    const reactions = run([
      recorder(seen, ({ revision }) => {
        if (revision === 0) throw new Error('a bug')
        return Promise.resolve()
      }),
    ])
    await settled(reactions)
    expect(seen.at(-1)).to.equal(last)
    expect(reactions.status().parked).to.deep.equal(['recorder server@0', 'recorder server@1'])
  })

  it('does not ask a rule about events that it does not answer', async () => {
    const { append, run, settled } = world()
    await append()
    const seen: string[] = []
    await settled(run([{ ...recorder(seen), answers: ['UserDeleted'] }]))
    expect(seen).to.deep.equal([])
  })

  it('gives the same command id for the same event, rule and target', async () => {
    const { append, run, settled, stopLast } = world()
    await append()
    const ids: string[] = []
    const rule: Rule = {
      name: 'namer',
      react: (_placed, { command }) => {
        ids.push(command('a').id, command('b').id)
        return Promise.resolve()
      },
    }
    await settled(run([rule], { checkpoints: openMemoryCheckpoints() }))
    await stopLast()
    await settled(run([rule], { checkpoints: openMemoryCheckpoints() }))
    expect(ids.slice(0, 2)).to.deep.equal(ids.slice(2))
    expect(ids[0]).not.to.equal(ids[1])
  })

  it('works in one process at a time', async () => {
    const { append, run, settled } = world()
    const [one, two]: string[][] = [[], []]
    if (one === undefined || two === undefined) return
    const first = run([recorder(one)])
    await append()
    await settled(first)
    run([recorder(two)], { holder: 'two' })
    const last = await append()
    await settled(first)
    expect(one.at(-1)).to.equal(last)
    expect(two).to.deep.equal([])
  })

  it('starts sweeps, and a failed one gets its next turn', async () => {
    const { run } = world()
    let turns = 0
    await new Promise<void>((resolve) => {
      const sweep = (): Promise<void> => {
        turns++
        if (turns === 1) throw new Error('bad luck')
        if (turns === 3) resolve()
        return Promise.resolve()
      }
      run([], { sweeps: [{ name: 'often', everyMs: 1, sweep }] })
    })
    expect(turns).to.be.at.least(3)
  })

  it('sweeps nothing while the clock is not believed', async () => {
    const { run } = world()
    const asked: number[] = []
    let swept = 0
    await new Promise<void>((resolve) => {
      const sweep = (): Promise<void> => {
        swept++
        resolve()
        return Promise.resolve()
      }
      const mayDestroy = (): Promise<boolean> => {
        asked.push(swept)
        return Promise.resolve(asked.length > 3)
      }
      run([], { mayDestroy, sweeps: [{ name: 'often', everyMs: 1, sweep }] })
    })
    expect(asked.slice(0, 4)).to.deep.equal([0, 0, 0, 0])
  })
})
