/** A group of people of several servers: each client talks to its own server alone. */
import { expect } from 'chai'
import { openFederated } from './federated.js'
import { copyOf, groupAt, groupOf, resyncedIn } from './house.js'
import type { House, Player } from './house.js'

describe('people of several servers', () => {
  let houses: readonly House[] = []
  let [a, b, c]: readonly House[] = []
  before(async () => {
    houses = await openFederated(['a.example', 'b.example', 'c.example'])
    ;[a, b, c] = houses
  })
  after(async () => {
    for (const house of houses) await house.close()
  })

  let pairs = 0
  const people = async (): Promise<{ readonly alice: Player; readonly bob: Player }> => {
    pairs++
    return { alice: await a!.register(`alice${pairs}`), bob: await b!.register(`bob${pairs}`) }
  }

  it('meet in a group, and talk both ways', async () => {
    const { alice, bob } = await people()
    const group = await groupOf(alice, bob)
    await group.send('hello b')
    await bob.untilText('hello b')
    await groupAt(bob, group).send('hello a')
    await alice.untilText('hello a')
    expect(
      groupAt(bob, group)
        .members()
        .map(({ user }) => user),
    ).to.have.members([alice.client.user, bob.client.user])
    expect((await groupAt(bob, group).view()).members.map(({ user }) => user)).to.have.members([
      alice.client.user,
      bob.client.user,
    ])
  })

  it('commit on both sides, at the same time as well', async () => {
    const { alice, bob } = await people()
    const group = await groupOf(alice, bob)
    const theirs = groupAt(bob, group)
    await theirs.update()
    await theirs.send('in an epoch of my own')
    await alice.untilText('in an epoch of my own')
    await Promise.all([group.update(), theirs.update(), group.update(), theirs.update()])
    await group.send('after all')
    await bob.untilText('after all')
    await alice.until(() => group.epoch() === theirs.epoch())
    expect(group.epoch()).to.equal(6n)
  })

  it('invite whom they know: of the hub’s server, of their own, and of a third', async () => {
    const { alice, bob } = await people()
    const [ally, bea, carol] = [await a!.register('ally'), await b!.register('bea'), await c!.register('carol')]
    const group = await groupOf(alice, bob)
    await group.setRole(bob.client.user, 'admin')
    await bob.untilEvent('roleChanged')
    const theirs = groupAt(bob, group)
    const { added, missing } = await theirs.invite(ally.client.user, bea.client.user, carol.client.user)
    expect([added.length, missing]).to.deep.equal([3, []])
    for (const newcomer of [ally, bea, carol]) await newcomer.untilEvent('joined')
    await groupAt(carol, group).send('hello from c')
    for (const reader of [alice, bob, ally, bea]) await reader.untilText('hello from c')
    await theirs.remove(carol.client.user)
    await carol.untilEvent('removed')
  })

  it('leave, and come back', async () => {
    const { alice, bob } = await people()
    const group = await groupOf(alice, bob)
    await groupAt(bob, group).leave()
    await alice.until(() => group.members().length === 1)
    await bob.until(() => groupAt(bob, group).status() === 'left')
    await group.invite(bob.client.user)
    await bob.until(() => groupAt(bob, group).status() === 'active')
    await group.send('welcome back')
    await bob.untilText('welcome back')
  })

  it('come in by another client of theirs', async () => {
    const { alice, bob } = await people()
    const group = await groupOf(alice, bob)
    const phone = await b!.link(bob)
    const theirs = await phone.client.joinGroup(group.id)
    await theirs.send('from my phone')
    await alice.untilText('from my phone')
  })

  it('decide on their group from another server: its roles, settings, profile and end', async () => {
    const { alice, bob } = await people()
    const carol = await c!.register(`carol${pairs}`)
    const group = await groupOf(alice, bob, carol)
    await group.setRole(bob.client.user, 'admin')
    await bob.untilEvent('roleChanged')
    const theirs = groupAt(bob, group)
    await theirs.setRole(carol.client.user, 'admin')
    await theirs.setRetention(3_600_000)
    await theirs.setProfile({ name: 'from b' })
    const { members, settings, profileVersion } = await theirs.view()
    expect(members.map(({ role }) => role)).to.deep.equal(['admin', 'admin', 'admin'])
    expect([settings, profileVersion]).to.deep.equal([{ retentionMs: 3_600_000 }, 1])
    const named = async (): Promise<boolean> => (await groupAt(carol, group).profile())?.name === 'from b'
    await carol.until(named)
    await groupAt(carol, group).setProfile({ name: 'from c' })
    await alice.until(async () => (await group.profile())?.name === 'from c')
    const successor = await theirs.reset()
    for (const other of [alice, carol]) {
      await other.untilEvent('groupReset')
      await other.until(() => other.client.groups().some(({ id }) => id === successor.id))
    }
    await groupAt(alice, successor).send('here, on b')
    await bob.untilText('here, on b')
    await successor.delete()
    await alice.untilEvent('groupDeleted')
  })

  it('go from groups of other servers when they are gone at their own', async () => {
    const { alice, bob } = await people()
    const group = await groupOf(alice, bob)
    const phone = await b!.link(bob)
    await phone.client.joinGroup(group.id)
    await alice.until(() => group.members().length === 3)
    const { client } = phone.client
    await bob.client.removeClient(client)
    await alice.until(() => group.members().every((member) => member.client !== client))
    expect(group.members()).to.have.length(2)
    await bob.client.deleteAccount()
    await alice.until(() => group.members().length === 1)
    await group.send('alone')
  })

  it('go as well when they are gone at the group’s server', async () => {
    const { alice, bob } = await people()
    const ann = await a!.register(`ann${pairs}`)
    const group = await groupOf(alice, bob, ann)
    await ann.client.deleteAccount()
    await bob.until(() => groupAt(bob, group).members().length === 2)
    await alice.client.deleteAccount()
    await bob.until(() => groupAt(bob, group).members().length === 1)
    const theirs = groupAt(bob, group)
    expect((await theirs.view()).members.map(({ user, role }) => [user, role])).to.deep.equal([
      [bob.client.user, 'admin'],
    ])
    await theirs.setRetention(60_000)
  })

  it('come back into step by themselves, from an older copy', async () => {
    const { alice, bob } = await people()
    const group = await groupOf(alice, bob)
    await bob.client.sync()
    const copy = await copyOf(bob.store)
    await groupAt(bob, group).update()
    await group.update()
    const back = await bob.restart(copy)
    await resyncedIn(back, group)
    await groupAt(back, group).send('in step again')
    await alice.untilText('in step again')
  })

  it('find each other by handle and domain', async () => {
    const { alice, bob } = await people()
    expect(await alice.client.findUser(`${bob.handle}@b.example`)).to.equal(bob.client.user)
    expect(await bob.client.findUser(`${alice.handle}@a.example`)).to.equal(alice.client.user)
    expect(await alice.client.findUser(`${alice.handle}@b.example`)).to.equal(undefined)
    await bob.client.block(alice.client.user)
    await bob.until(async () => (await alice.client.findUser(`${bob.handle}@b.example`)) === undefined)
  })

  it('are answered with the id that the hub gave, and may wait until it has come back', async () => {
    const { alice, bob } = await people()
    const group = await groupOf(alice, bob)
    const theirs = groupAt(bob, group)
    const answers = await heardOf(async () => {
      await theirs.update()
      await theirs.send('hello')
      expect((await theirs.view()).epoch).to.equal('2')
    })
    const taken = answers.filter(({ status }) => status === 202)
    expect(taken.map(({ path }) => path.split('/').at(-1))).to.include.members(['commits', 'messages'])
    for (const { body } of taken)
      expect(body)
        .to.have.property('accepted')
        .that.matches(/^[0-9a-f-]{36}$/)
    const last = String(taken.at(-1)?.body['accepted'])
    expect(answers.at(-1)?.path).to.include(`atLeast=${last}`)
  })

  it('hear that a hub is away, and lose nothing by it', async () => {
    const { alice, bob } = await people()
    const hurried = await bob.restart(bob.store, { patienceMs: 100 })
    const group = await groupOf(alice, hurried)
    const theirs = groupAt(hurried, group)
    await group.send('before')
    await hurried.untilText('before')
    await a!.server.crash()
    const refusal = (): Promise<unknown> => theirs.send('meanwhile').catch((error: unknown) => error)
    for (let n = 0; n < 2; n++) {
      const refused = await refusal()
      expect(refused).to.have.property('code', 'peer-unreachable')
      expect(refused).to.have.nested.property('problem.domains').that.deep.equals(['a.example'])
      expect(refused).to.have.nested.property('problem.retryAfter').that.is.greaterThan(0)
    }
    expect((await theirs.view()).members).to.have.length(2)
    await a!.server.restart()
    await hurried.until(() =>
      theirs.send('after').then(
        () => true,
        () => false,
      ),
    )
    await alice.untilText('after')
    const told = alice.texts().filter((text) => text !== 'meanwhile')
    expect(told).to.deep.equal(['after'])
  })

  it('know each other’s servers by the same fingerprint', async () => {
    const { alice, bob } = await people()
    for (const domain of ['a.example', 'b.example', 'c.example'])
      expect(await alice.client.rootFingerprint(domain)).to.equal(await bob.client.rootFingerprint(domain))
  })
})

type Heard = { readonly path: string; readonly status: number; readonly body: { readonly [field: string]: unknown } }

/** What servers answered to the requests that were made meanwhile. */
const heardOf = async (act: () => Promise<void>): Promise<readonly Heard[]> => {
  const heard: Heard[] = []
  const real = globalThis.fetch
  globalThis.fetch = async (input, init) => {
    const response = await real(input, init)
    const { pathname, search } = new URL(input instanceof Request ? input.url : input)
    const body = (await response
      .clone()
      .json()
      .catch(() => ({}))) as Heard['body']
    heard.push({ path: pathname + search, status: response.status, body })
    return response
  }
  try {
    await act()
  } finally {
    globalThis.fetch = real
  }
  return heard
}
