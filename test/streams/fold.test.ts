/** Folding on, remembering commands, snapshots and the cache: the parts of a stream's fold, each alone. */
import { expect } from 'chai'
import type { StoredEvent } from '#src/ports/eventStore.js'
import { toPosition } from '#src/ports/position.js'
import { emptyFold, foldOn } from '#src/streams/fold.js'
import { foldCache } from '#src/streams/foldCache.js'
import { isSnapshotDue, readSnapshot, writeSnapshot } from '#src/streams/foldSnapshot.js'
import { counter } from './counter.js'

const counted = (revision: number, { command = `c${revision}`, at = revision } = {}): StoredEvent => ({
  id: `event-${revision}`,
  type: 'Counted',
  data: { by: 1 },
  meta: { v: 1, at, command, bodyHash: 'body' },
  stream: 'counter-a',
  revision,
  position: toPosition(100 + revision),
})

describe('a fold', () => {
  it('goes on by the events that follow, and knows where it is', () => {
    const fold = foldOn(
      counter,
      emptyFold(counter),
      [0, 1, 2].map((revision) => counted(revision)),
      1_000,
    )
    expect(fold).to.deep.include({ state: 3, revision: 2, position: 102 })
    expect([...fold.commands.keys()]).to.deep.equal(['c0', 'c1', 'c2'])
  })

  it('knows where the first event of a command stands, and how many it had', () => {
    const stored = [counted(0), counted(1, { command: 'two' }), counted(2, { command: 'two' })]
    const { commands } = foldOn(counter, emptyFold(counter), stored, 1_000)
    expect(commands.get('two')).to.deep.equal({ bodyHash: 'body', at: 1, revision: 1, count: 2 })
  })

  it('forgets the commands that are older than it shall remember', () => {
    const stored = [counted(0, { at: 0 }), counted(1, { at: 1 }), counted(2, { at: 10 })]
    expect([...foldOn(counter, emptyFold(counter), stored, 10).commands.keys()]).to.deep.equal(['c1', 'c2'])
  })

  it('comes back from its snapshot as it was', () => {
    const fold = foldOn(counter, emptyFold(counter), [counted(0), counted(1)], 1_000)
    const snapshot = writeSnapshot(counter.snapshot, 'counter-a', fold)
    expect(snapshot).to.include({ stream: 'counter-a', revision: 1, version: 1 })
    expect(readSnapshot(counter.snapshot, snapshot)).to.deep.equal(fold)
  })

  it('is due for a snapshot whenever it passes another 64 events', () => {
    const due = [
      [-1, 62],
      [-1, 63],
      [62, 63],
      [63, 64],
      [64, 126],
      [64, 200],
    ] as const
    expect(due.map(([before, after]) => isSnapshotDue(before, after, 4_096))).to.deep.equal([
      false,
      true,
      true,
      false,
      false,
      true,
    ])
  })

  it('is due for a snapshot more rarely the more commands one holds', () => {
    const dueIn = (events: number, commands: number): number =>
      Array.from({ length: events }, (_, n) => isSnapshotDue(n - 1, n, commands)).filter(Boolean).length
    expect([4_096, 4_097, 40_960].map((commands) => dueIn(6_400, commands))).to.deep.equal([100, 50, 10])
  })
})

describe('the fold cache', () => {
  const fold = emptyFold(counter)

  it('lets the least recently used go when it weighs too much', () => {
    const cache = foldCache(100)
    cache.set('a', fold, 40)
    cache.set('b', fold, 40)
    cache.get('a')
    cache.set('c', fold, 40)
    expect(['a', 'b', 'c'].map((stream) => cache.get(stream) !== undefined)).to.deep.equal([true, false, true])
  })

  it('weighs a stream by its newest fold', () => {
    const cache = foldCache(100)
    cache.set('a', fold, 60)
    const newer = { ...fold, revision: 5 }
    cache.set('a', newer, 10)
    cache.set('b', fold, 80)
    expect(cache.get('a')).to.equal(newer)
  })

  it('keeps the newest even when it alone weighs too much', () => {
    const cache = foldCache(100)
    cache.set('a', fold, 40)
    cache.set('b', fold, 1_000.5)
    expect(['a', 'b'].map((stream) => cache.get(stream) !== undefined)).to.deep.equal([false, true])
  })
})
