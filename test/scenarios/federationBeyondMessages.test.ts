/** What people of several servers do beside messages: signals, messages for some, being woken, and files; each by its own server alone. */
import { expect } from 'chai'
import type { Group, SignalEvent } from '#src/client/index.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { random } from '../commands/mlsFixture.js'
import { operator } from '../faults/house.js'
import { eventually } from '../stores/eventually.js'
import { startPushService, type PushService } from '../support/pushService.js'
import { engineOf } from './engineOf.js'
import { openFederated } from './federated.js'
import { attachmentTo, digestOf, fileOf, MiB, onceAt } from './film.js'
import { groupAt, groupOf, traces, type House, type Player } from './house.js'
import { sealedIn, signalMany } from './signalMany.js'

/** More than a ratchet steps over. */
const manySignals = 1_500

describe('People of several servers', () => {
  let service: PushService
  let houses: readonly House[] = []
  let [a, b, c]: readonly House[] = []
  before(async () => {
    service = await startPushService()
    houses = await openFederated(['a.example', 'b.example', 'c.example'], {
      PUSH_HOSTS: service.host,
      OPERATOR_TOKEN: operator.token,
    })
    ;[a, b, c] = houses
  })
  after(async () => {
    for (const house of houses) await house.close()
    await service.close()
  })

  let times = 0
  type Circle = { readonly group: Group; readonly alice: Player; readonly bob: Player; readonly carol: Player }
  /** Alice's group at a, with somebody of b and of c. */
  const circle = async (): Promise<Circle> => {
    times++
    const [alice, bob, carol] = [
      await a!.register(`alice${times}`),
      await b!.register(`bob${times}`),
      await c!.register(`carol${times}`),
    ]
    return { group: await groupOf(alice, bob, carol), alice, bob, carol }
  }
  const inStep = async ({ group, alice, bob, carol }: Circle): Promise<void> => {
    const epoch = group.epoch()
    for (const player of [alice, bob, carol]) await player.until(() => groupAt(player, group).epoch() === epoch)
  }
  /** Without fetching: what is not told to who is connected is not told. */
  const nextSignal = async (player: Player): Promise<SignalEvent> => {
    for await (const event of player.client.events(AbortSignal.timeout(20_000)))
      if (event.type === 'signal') return event
    throw new Error('no signal')
  }

  it('signal to each other by way of the hub, and leave no trace at any server', async () => {
    const all = await circle()
    const { group, alice, bob, carol } = all
    await inStep(all)
    await Promise.all([alice, bob, carol].map(({ client }) => client.connect()))
    await groupAt(bob, group).signal('typing', Buffer.from('near the fountain'))
    const { user, client } = bob.client
    for (const reader of [alice, carol])
      expect(await nextSignal(reader)).to.deep.include({ kind: 'typing', from: { user, client } })
    await group.signal('reading')
    for (const reader of [bob, carol]) expect((await nextSignal(reader)).kind).to.equal('reading')
    await groupAt(carol, group).signal('present')
    for (const reader of [alice, bob]) expect((await nextSignal(reader)).kind).to.equal('present')
    await groupAt(bob, group).send('as ever')
    for (const reader of [alice, carol]) await reader.untilText('as ever')
    for (const { events } of [alice, bob, carol])
      expect(events.filter(({ type }) => type === 'signal')).to.deep.equal([])
    const engine = await engineOf(bob.store, b!.server.url)
    const sealed = await sealedIn(engine, group, 'near the river')
    await engine.api.groups.signal(group.id, sealed)
    expect(Buffer.from((await nextSignal(alice)).data).toString()).to.equal('near the river')
    const middle = sealed.subarray(60, 120)
    for (const each of houses)
      expect(await traces(each, [middle, toBase64url(middle), 'near the river'])).to.deep.equal([])
    expect(await traces(b!, [group.id]), 'found by such a search').not.to.deep.equal([])
  })

  it(`are troubled by no ${manySignals} signals while they are away`, async () => {
    const all = await circle()
    const { group, alice, bob } = all
    await inStep(all)
    alice.client.disconnect()
    await signalMany(await engineOf(bob.store, b!.server.url), group, manySignals)
    await groupAt(bob, group).send('after all that')
    await alice.untilText('after all that')
  })

  it('write to some alone: other servers’ people are shown nothing, and count nothing', async () => {
    const all = await circle()
    const { group, alice, bob, carol } = all
    await inStep(all)
    const theirs = groupAt(bob, group)
    await theirs.send('to all')
    await theirs.send('to alice', { to: [alice.client.user] })
    await theirs.send('to carol', { to: [carol.client.user] })
    await group.send('to bob', { to: [bob.client.user] })
    await theirs.send('to all again')
    for (const player of [alice, carol]) await player.untilText('to all again')
    await bob.untilText('to bob')
    expect(alice.texts()).to.deep.equal(['to all', 'to alice', 'to all again'])
    expect(carol.texts()).to.deep.equal(['to all', 'to carol', 'to all again'])
    expect(bob.texts()).to.deep.equal(['to bob'])
    for (const { events } of [alice, bob, carol])
      expect(events.filter(({ type }) => type === 'missed')).to.deep.equal([])
  })

  it('are woken at their own server by what its person and the sender want, until they want it no more', async () => {
    const all = await circle()
    const { group, bob, carol } = all
    await inStep(all)
    const vapidKeyAt = async (house: House, player: Player): Promise<string> =>
      (await (await engineOf(player.store, house.server.url)).api.discover()).push?.vapidKey ?? ''
    const [phone, tablet] = [
      service.subscriber(await vapidKeyAt(b!, bob)),
      service.subscriber(await vapidKeyAt(c!, carol)),
    ]
    for (const { client } of [bob, carol]) client.disconnect()
    for (const { client } of [bob, carol]) await client.sync()
    await bob.client.enablePush(phone.json)
    await carol.client.enablePush(tablet.json)
    await carol.client.setPush('targeted')
    await group.send('whenever', { urgency: 'silent' })
    await group.send('now', { urgency: 'urgent' })
    await phone.asked(1)
    await group.send('to carol', { to: [carol.client.user] })
    await tablet.asked(1)
    expect([phone, tablet].map(({ received }) => received.map(({ urgency }) => urgency))).to.deep.equal([
      ['high'],
      ['normal'],
    ])
    await bob.client.disablePush()
    await group.send('unheard', { urgency: 'urgent' })
    const other = service.subscriber(await vapidKeyAt(b!, bob))
    await bob.client.enablePush(other.json)
    await group.send('heard', { urgency: 'urgent' })
    await other.asked(1)
    expect(phone.received).to.have.length(1)
    expect(service.faults).to.deep.equal([])
  })

  it('are told by their own server how much waits for them, and it counts what their person is to look at', async () => {
    const all = await circle()
    const { group, alice, bob, carol } = all
    await inStep(all)
    for (const { client } of [bob, carol]) await client.sync()
    await group.send('Are you there?', { urgency: 'urgent' })
    await group.send('never mind', { urgency: 'silent' })
    await group.send('to carol', { to: [carol.client.user] })
    const counted = ({ client }: Player, messages: number) =>
      eventually(`${messages} messages`, async () => (await client.unread()).messages === messages)
    await Promise.all([counted(bob, 1), counted(carol, 2)])
    await bob.untilText('Are you there?')
    await carol.untilText('to carol')
    await Promise.all([counted(bob, 0), counted(carol, 0)])
    expect(alice.events.filter(({ type }) => type === 'missed')).to.deep.equal([])
  })

  describe('send files', () => {
    const sendFrom = async (from: Player, group: Group, name: string, size: number) => {
      const film = fileOf(size, times)
      const { content } = await groupAt(from, group).sendFile(film, { name, type: 'video/mp4' })
      if (content.type !== 'attachment') throw new Error(content.type)
      return { digest: film.digest, contentHash: content.attachment.contentHash }
    }

    it('that are fetched by each reader’s own server, of any server in the group', async () => {
      const all = await circle()
      const { group, alice, bob, carol } = all
      await inStep(all)
      const asked = await hostsAskedBy(async () => {
        for (const [from, size] of [
          [alice, 3 * MiB + 7],
          [bob, 5],
        ] as const) {
          const film = await sendFrom(from, group, `of ${from.handle}`, size)
          for (const reader of [alice, bob, carol].filter((one) => one !== from)) {
            const file = await attachmentTo(reader, `of ${from.handle}`)
            expect(await digestOf(file.download())).to.equal(film.digest)
          }
        }
      })
      expect(asked.get('assets')).to.deep.equal(new Set(houses.map(({ server }) => new URL(server.url).host)))
      const file = await attachmentTo(carol, `of ${alice.handle}`)
      const whole: Uint8Array[] = []
      for await (const piece of file.download()) whole.push(piece)
      const part: Uint8Array[] = []
      for await (const piece of file.download({ range: { start: 2 * MiB, end: 2 * MiB + 100_000 } })) part.push(piece)
      expect(Buffer.concat(part).equals(Buffer.concat(whole).subarray(2 * MiB, 2 * MiB + 100_000))).to.equal(true)
    })

    it('that go on where they were when the home server was killed in the middle', async () => {
      const all = await circle()
      const { group, alice, bob } = all
      await inStep(all)
      const film = await sendFrom(alice, group, 'long', 12 * MiB)
      const file = await attachmentTo(bob, 'long')
      let outage: Promise<void> = Promise.resolve()
      const onProgress = onceAt(0.3, () => {
        outage = a!.server.crash().then(() => a!.server.restart())
      })
      expect(await digestOf(file.download({ onProgress }))).to.equal(film.digest)
      await outage
    })

    it('and are told where they are gone, or are not what was sent, whoever keeps them', async () => {
      const all = await circle()
      const { group, alice, bob, carol } = all
      await inStep(all)
      await sendFrom(alice, group, 'changed', 70_000)
      const changed = await attachmentTo(bob, 'changed')
      expect(await a!.kept.spoil(70_000 + 2 * 28)).to.equal(1)
      const failed = (one: typeof changed) => digestOf(one.download()).catch((error: unknown) => error)
      expect(await failed(changed)).to.have.property('name', 'Damaged')

      const { contentHash } = await sendFrom(alice, group, 'taken down', 10)
      const [file, ofCarol] = [await attachmentTo(bob, 'taken down'), await attachmentTo(carol, 'taken down')]
      await digestOf(file.download())
      await takeDown(b!, toBase64url(contentHash))
      expect(await failed(file)).to.have.property('code', 'no-such-asset')
      await digestOf(ofCarol.download())
      await takeDown(a!, toBase64url(contentHash))
      expect(await failed(ofCarol)).to.have.property('code', 'no-such-asset')
    })

    it('and keep, list and delete them at their own server, and nobody else’s', async () => {
      const all = await circle()
      const { group, alice, bob } = all
      await inStep(all)
      await sendFrom(alice, group, 'mine', 10)
      const file = await attachmentTo(bob, 'mine')
      const [mine, theirs] = [
        (await engineOf(alice.store, a!.server.url)).api.assets,
        (await engineOf(bob.store, b!.server.url)).api.assets,
      ]
      const [{ asset } = { asset: '' as never }] = (await mine.list()).assets
      expect((await theirs.list()).assets).to.deep.equal([])
      const code = (call: Promise<unknown>) => call.catch((error: unknown) => (error as { code?: string }).code)
      expect(await code(theirs.renew('renewed', asset))).to.equal('no-such-asset')
      expect(await code(theirs.delete('deleted', asset))).to.equal('no-such-asset')
      expect(await code(theirs.begin(asset, 10))).to.equal('no-such-asset')
      expect(await code(theirs.open(asset, random(32), undefined))).to.equal('no-such-asset')
      await digestOf(file.download())
      await mine.delete('ended', asset)
      expect(await code(digestOf(file.download()))).to.equal('no-such-asset')
    })

    it('and are told that another server is away', async () => {
      const all = await circle()
      const { group, alice, bob } = all
      await inStep(all)
      const hurried = await bob.restart(bob.store, { patienceMs: 200 })
      await sendFrom(alice, group, 'later', 10)
      const file = await attachmentTo(hurried, 'later')
      await a!.server.crash()
      const refused = await digestOf(file.download()).catch((error: unknown) => error)
      expect(refused).to.have.property('code', 'peer-unreachable')
      await a!.server.restart()
      await hurried.until(() =>
        digestOf(file.download()).then(
          () => true,
          () => false,
        ),
      )
    })
  })
})

const takeDown = async ({ server }: House, digest: string): Promise<void> => {
  const headers = { authorization: `Bearer ${operator.token}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ digest, why: 'a test' })
  const { status } = await fetch(`${server.url}/v1/operator/takedowns`, { method: 'POST', headers, body })
  expect(status).to.equal(200)
}

/** By the first word of their paths, whom clients asked meanwhile. */
const hostsAskedBy = async (act: () => Promise<void>): Promise<ReadonlyMap<string, ReadonlySet<string>>> => {
  const hosts = new Map<string, Set<string>>()
  const real = globalThis.fetch
  globalThis.fetch = (input, init) => {
    const { host, pathname } = new URL(input instanceof Request ? input.url : input)
    const word = pathname.split('/')[2] ?? ''
    hosts.set(word, (hosts.get(word) ?? new Set()).add(host))
    return real(input, init)
  }
  try {
    await act()
  } finally {
    globalThis.fetch = real
  }
  return hosts
}
