/** Which servers a group's members are of: whom a signal goes on to, and what a message for some says. */
import { expect } from 'chai'
import { serversBeside, targetsKept } from '#src/commands/group/servers.js'
import { signallerOf } from '#src/commands/group/signals.js'
import type { ActiveGroup, Seated } from '#src/commands/group/fold/state.js'
import { makeId, parseDomain } from '#src/mls/wire/ids.js'
import type { Domain } from '#src/mls/wire/ids.js'

const [a, b, c] = ['a.example', 'b.example', 'c.example'].map((name) => parseDomain(name)!) as [Domain, Domain, Domain]

/** A leaf of each of these, in their order. */
const groupOf = (domains: readonly Domain[], more: Partial<ActiveGroup> = {}): ActiveGroup => {
  const seats = domains.map((domain, leafIndex): Seated => {
    const random = new Uint8Array(16).fill(leafIndex)
    const [user, client] = [makeId('user', domain, random), makeId('client', domain, random)]
    return { leafIndex, user, client, since: 0, changed: 0 }
  })
  const leaves = new Map(seats.map((seat) => [seat.leafIndex, seat]))
  return { status: 'active', leaves, required: new Map(), mls: { epoch: 3n }, ...more } as unknown as ActiveGroup
}

describe('the servers of a group', () => {
  it('that a signal goes on to are all but ours and the one that it came from; of a followed group the hub', () => {
    const group = groupOf([a, b, c, b])
    expect(serversBeside(group, a)).to.deep.equal([b, c])
    expect(serversBeside(group, a, b)).to.deep.equal([c])
    expect(serversBeside(groupOf([a, a]), a)).to.deep.equal([])
    expect(serversBeside({ ...group, hub: a }, b)).to.deep.equal([a])
  })

  it('that a message for some concerns are those of whoever sits at the leaves, where anybody is of another', () => {
    const group = groupOf([a, b, c, b])
    expect(targetsKept(group, undefined, a)).to.deep.equal({})
    expect(targetsKept(group, [3, 1, 0], a)).to.deep.equal({ targets: [3, 1, 0], servers: [b] })
    expect(targetsKept(group, [1, 2, 9], a)).to.deep.equal({ targets: [1, 2, 9], servers: [b, c] })
    expect(targetsKept(group, [0], a)).to.deep.equal({ targets: [0], servers: [] })
    expect(targetsKept(groupOf([a, a]), [1], a)).to.deep.equal({ targets: [1] })
    expect(targetsKept(groupOf([b, b]), [1], a)).to.deep.equal({ targets: [1], servers: [b] })
    expect(targetsKept({ status: 'none' }, [1], a)).to.deep.equal({ targets: [1] })
  })
})

describe('whose a signal is that another server brings', () => {
  const group = groupOf([a, b, c])
  const of = (peer: Domain, ours: Domain, leafIndex: number, epoch = 3n, state = group): number | undefined =>
    signallerOf(state, { peer, ours }, { groupId: new Uint8Array(), epoch, leafIndex })?.leafIndex

  it('at the hub somebody’s of that server alone', () => {
    expect([0, 1, 2, 3].map((leaf) => of(b, a, leaf))).to.deep.equal([undefined, 1, undefined, undefined])
  })

  it('at a follower anybody’s but its own, from the hub alone', () => {
    const followed = { ...group, hub: a }
    expect([0, 1, 2].map((leaf) => of(a, b, leaf, 3n, followed))).to.deep.equal([0, undefined, 2])
    expect([0, 1, 2].map((leaf) => of(c, b, leaf, 3n, followed))).to.deep.equal([undefined, undefined, undefined])
  })

  it('of this epoch, and of nobody who must go', () => {
    expect([of(b, a, 1, 2n), of(b, a, 1, 4n)]).to.deep.equal([undefined, undefined])
    const required = new Map([[1, { occupant: group.leaves.get(1)!, reason: 'expired' as const }]])
    expect(of(b, a, 1, 3n, { ...group, required })).to.equal(undefined)
  })
})
