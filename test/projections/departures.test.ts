/** Leaves of ours that another server's group is to let go of stand in rows until the group itself says that it has. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { openMemoryReadModels } from '#src/adapters/memory/readModels.js'
import type { AnyEvent } from '#src/events/anyEvent.js'
import type { ReadModel } from '#src/ports/readModels.js'
import { toPosition } from '#src/ports/position.js'
import { groupsProjection } from '#src/projections/groups/projection.js'
import { groupQueries } from '#src/projections/groups/queries.js'
import { groupsSchema } from '#src/projections/groups/schema.js'
import { workingSet } from '#src/projections/workingSet.js'

const golden = (name: string): AnyEvent =>
  (JSON.parse(readFileSync(`test/golden/events/${name}.v1.json`, 'utf8')) as { event: AnyEvent }).event

const followed = golden('group.GroupFollowed') as Extract<AnyEvent, { type: 'GroupFollowed' }>
const { group } = followed.data
const [seat] = followed.data.leaves as [(typeof followed.data.leaves)[number]]
const leaf = { leafIndex: seat.leafIndex, user: seat.user, client: seat.client }
type Commit = Extract<AnyEvent, { type: 'CommitAccepted' }>['data']

describe('leaves that another server’s group is to let go of', () => {
  let model: ReadModel
  let place: number
  beforeEach(async () => {
    model = await openMemoryReadModels().open(groupsSchema, 'log')
    place = 0
    await happens(followed)
  })

  const happens = async (...events: readonly object[]): Promise<void> => {
    for (const event of events) {
      const rows = workingSet(model, groupsSchema.tables)
      const at = { stream: '', revision: place, id: `event-${++place}`, at: place * 1_000 }
      await groupsProjection(() => undefined).project(
        { event: event as AnyEvent, position: toPosition(place), ...at },
        rows,
      )
      await model.apply(rows.changes(), toPosition(place), toPosition(place - 1))
    }
  }
  const asked = (change: object = {}): object => ({
    type: 'RemovalAsked',
    data: { group, leaves: [leaf], reason: 'userDeleted', ...change },
  })
  const commit = (change: Partial<Commit>): object => {
    const { data } = golden('group.CommitAccepted') as Extract<AnyEvent, { type: 'CommitAccepted' }>
    return { type: 'CommitAccepted', data: { ...data, group, added: [], removed: [], updated: [], ...change } }
  }
  const departures = () => groupQueries(model).departures()

  it('are those that were asked for, by the fact that says so', async () => {
    await happens(asked())
    expect(await departures()).to.deep.equal([
      { ...leaf, group, reason: 'userDeleted', event: 'event-2', since: 2_000 },
    ])
    await happens(asked({ leaves: [{ ...leaf, reference: 'AAAA' }], reason: 'queueGone' }))
    expect((await departures()).map(({ reference, event }) => [reference, event])).to.deep.equal([['AAAA', 'event-3']])
  })

  it('are none where the leaf was gone before', async () => {
    await happens(commit({ removed: [leaf] }), asked())
    expect(await departures()).to.deep.equal([])
    const other = { ...leaf, client: leaf.client.replace(/.$/, 'Q') }
    await happens(commit({ added: [{ ...seat, client: other.client } as typeof seat] }), asked())
    expect(await departures()).to.deep.equal([])
  })

  const ends: Readonly<Record<string, object>> = {
    'it is required to go': { type: 'RemovalRequired', data: { group, leaves: [leaf], reason: 'userDeleted' } },
    'a Commit removes it': commit({ removed: [leaf] }),
    'the group is deleted': { type: 'GroupDeleted', data: { group } },
    'the group is given up': { type: 'GroupReset', data: { group } },
    'it is followed anew': followed,
  }
  for (const [why, event] of Object.entries(ends))
    it(`are done with when ${why}`, async () => {
      await happens(asked(), event)
      expect(await departures()).to.deep.equal([])
    })

  it('stay while other leaves go', async () => {
    const other = { ...leaf, leafIndex: leaf.leafIndex + 1 }
    await happens(asked(), { type: 'RemovalRequired', data: { group, leaves: [other], reason: 'expired' } })
    await happens(commit({ removed: [other] }))
    expect(await departures()).to.have.length(1)
  })

  it('are done with when a leaf whose queue is gone names another, and no others by that', async () => {
    await happens(asked(), commit({ updated: [seat] }))
    expect(await departures()).to.have.length(1)
    await happens(asked({ leaves: [{ ...leaf, reference: 'AAAA' }], reason: 'queueGone' }), commit({ updated: [seat] }))
    expect(await departures()).to.deep.equal([])
  })
})
