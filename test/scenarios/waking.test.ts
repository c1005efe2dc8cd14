/** Being counted and woken while one is away, as the SDK has it: unread counts, subscriptions, and what of a group wakes. */
import { createECDH, randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { type BrowserPush, createAccount, memoryStore, openClient } from '#src/client/index.js'
import { startTamperingProxy, type TamperingProxy } from '../client/support/tamperingProxy.js'
import { eventually } from '../stores/eventually.js'
import { type PushService, startPushService } from '../support/pushService.js'
import { engineOf } from './engineOf.js'
import { groupAt, groupOf, openHouse, type House, type Player } from './house.js'

const keys = () => {
  const pair = createECDH('prime256v1')
  return { p256dh: pair.generateKeys('base64url'), auth: randomBytes(16).toString('base64url') }
}

/** What a browser's push service does: one subscription at a time, for one key of a server. */
const browser = () => {
  type Subscription = Awaited<ReturnType<BrowserPush['subscribe']>>
  let there: Subscription | null = null
  const made: string[] = []
  const subscribed = (key: Uint8Array): Subscription => {
    const endpoint = `https://push.example.net/${randomBytes(6).toString('hex')}`
    made.push(endpoint)
    const json = { endpoint, expirationTime: null, keys: keys() }
    return {
      options: { applicationServerKey: new Uint8Array(key).buffer },
      toJSON: () => json,
      unsubscribe: () => {
        there = null
        return Promise.resolve(true)
      },
    }
  }
  const manager: BrowserPush = {
    getSubscription: () => Promise.resolve(there),
    subscribe: ({ applicationServerKey }) => Promise.resolve((there = subscribed(applicationServerKey))),
  }
  return {
    manager,
    made,
    isSubscribed: () => there !== null,
    /** As after the server's key became another. */
    ofAnotherKey: () => {
      there = subscribed(randomBytes(65))
    },
  }
}

describe('A client that is away', () => {
  let house: House
  let service: PushService
  let alice: Player
  let bob: Player
  before(async () => {
    service = await startPushService()
    house = await openHouse({ PUSH_HOSTS: service.host })
    alice = await house.register('alice')
    bob = await house.register('bob')
  })
  after(async () => {
    await house.close()
    await service.close()
  })

  it('is told how much waits, and nothing is fetched by it', async () => {
    const group = await alice.client.createGroup()
    await group.invite(bob.client.user)
    const question = await group.send('Are you there?')
    await group.send('Well?', { urgency: 'urgent' })
    await group.send('Never mind.', { urgency: 'silent' })
    await group.edit(question, 'Are you here?')
    await group.markRead(question)
    const { client } = bob
    const { oldest, ...unread } = await eventually('bob has two messages', async () => {
      const now = await client.unread()
      return now.messages === 2 && now
    })
    expect(unread).to.deep.equal({ messages: 2, invitations: 1, more: false })
    expect(await client.unread()).to.deep.equal({ ...unread, oldest })
    expect(client.waiting()).to.deep.equal([])
    expect(client.groups()).to.deep.equal([])

    await bob.client.sync()
    await eventually('it is fetched', async () => (await client.unread()).messages === 0)
    const texts = (): readonly string[] =>
      client.waiting().flatMap((event) => (event.type === 'message' ? [event.text] : []))
    expect(texts().slice(0, 3)).to.deep.equal(['Are you there?', 'Well?', 'Never mind.'])
    expect(texts()).to.have.length(5)
    const [first] = (await client.take()).filter((event) => event.type === 'message')
    expect([first?.at, texts()]).to.deep.equal([oldest, []])
  })

  describe('is woken', () => {
    let proxy: TamperingProxy
    let carol: Awaited<ReturnType<typeof createAccount>>
    const store = memoryStore()
    before(async () => {
      proxy = await startTamperingProxy(house.server.url.split(',')[0] ?? '')
      carol = await createAccount({ server: proxy.url, store, handle: `carol-${randomBytes(4).toString('hex')}` })
    })
    after(async () => {
      await carol.close()
      await proxy.close()
    })
    const subscriptions = async (): Promise<readonly string[]> => {
      const { api, account } = await engineOf(store, proxy.url)
      return (await api.push.list(account.queue)).subscriptions
    }
    const posts = (): readonly { readonly path: string; readonly body: string }[] =>
      proxy.heard.filter(({ method, path }) => method === 'POST' && path.endsWith('/push'))

    it('at its one queue of messages, once, however often it says so', async () => {
      const { manager, made } = browser()
      expect(await carol.isPushEnabled()).to.equal(false)
      const { subscription, tag } = await carol.enablePush({ manager })
      expect(await carol.enablePush({ manager })).to.deep.include({ subscription, tag })
      expect([await subscriptions(), made.length, await carol.isPushEnabled()]).to.deep.equal([[subscription], 1, true])
      const { account } = await engineOf(store, proxy.url)
      expect(posts().map(({ path }) => path)).to.deep.equal([`/v1/queues/${encodeURIComponent(account.queue)}/push`])
    })

    it('elsewhere where the browser, its keys or the server’s key changed, and there alone', async () => {
      const first = browser()
      const before = await carol.enablePush({ manager: first.manager })
      first.ofAnotherKey()
      const after = await carol.enablePush({ manager: first.manager })
      expect(after.subscription).not.to.equal(before.subscription)
      expect(await subscriptions()).to.deep.equal([after.subscription])
      expect(posts().at(-1)?.body).to.include(first.made.at(-1))
      // At first, for the other key, and for the server's again.
      expect(first.made).to.have.length(3)
      const endpoint = 'https://unified.example.net/UPabc?up=1'
      const unified = await carol.enablePush({ endpoint, keys: keys() })
      expect(await subscriptions()).to.deep.equal([unified.subscription])
      const rekeyed = await carol.enablePush({ endpoint, keys: keys() })
      expect(await subscriptions()).to.deep.equal([rekeyed.subscription])
      expect(rekeyed.subscription).not.to.equal(unified.subscription)
    })

    it('again where the server has let its subscription go, and nowhere that only a crash had left', async () => {
      const { manager } = browser()
      const { subscription } = await carol.enablePush({ manager })
      const { api, account } = await engineOf(store, proxy.url)
      await api.push.unsubscribe(randomBytes(8).toString('hex'), account.queue, subscription)
      const leftOver = { endpoint: 'https://push.example.net/left-over', keys: keys() }
      await api.push.subscribe(randomBytes(8).toString('hex'), account.queue, leftOver)
      const again = await carol.enablePush({ manager })
      expect([again.subscription === subscription, await subscriptions()]).to.deep.equal([false, [again.subscription]])
    })

    it('no more once it says so, in the browser and at the server', async () => {
      const { manager, isSubscribed } = browser()
      await carol.enablePush({ manager })
      await carol.disablePush(manager)
      expect([isSubscribed(), await subscriptions(), await carol.isPushEnabled()]).to.deep.equal([false, [], false])
    })

    it('by what it says of all groups and of each, over a restart', async () => {
      const told = (): unknown => JSON.parse(proxy.heard.findLast(({ method }) => method === 'PUT')?.body ?? '{}')
      const [chess, cooking] = [await carol.createGroup(), await carol.createGroup()]
      await carol.setPush('targeted')
      await chess.setPush('none')
      expect(told()).to.deep.equal({ default: 'targeted', groups: { [chess.id]: 'none' } })
      expect([await chess.push(), await cooking.push()]).to.deep.equal(['none', 'targeted'])
      await carol.close()
      carol = await openClient({ server: proxy.url, store })
      expect(await carol.group(chess.id).push()).to.equal('none')
      await carol.group(cooking.id).setPush('all')
      expect(told()).to.deep.equal({ default: 'targeted', groups: { [chess.id]: 'none', [cooking.id]: 'all' } })
      await carol.group(chess.id).setPush(undefined)
      expect(told()).to.deep.equal({ default: 'targeted', groups: { [cooking.id]: 'all' } })
      await carol.group(cooking.id).delete()
      await carol.sync()
      await carol.setPush('all')
      expect(told()).to.deep.equal({ default: 'all', groups: {} })
    })

    it('by nothing that is no receiver and no policy', async () => {
      const refusalOf = async (asked: Promise<unknown>): Promise<unknown> =>
        asked.catch((error: unknown) => String(error))
      expect(await refusalOf(carol.enablePush({} as never))).to.match(/TypeError: enablePush: expected \{manager\}/)
      expect(await refusalOf(carol.setPush('loud' as never))).to.match(/TypeError: setPush: expected all or targeted/)
    })
  })

  it('is woken by what its sender and its person want it to be woken by, over UnifiedPush as well', async () => {
    const [dave, erin] = [await house.register('dave'), await house.register('erin')]
    const [loud, quiet] = [await groupOf(alice, dave, erin), await groupOf(alice, dave, erin)]
    const { api } = await engineOf(alice.store, house.server.url)
    const { vapidKey } = (await api.discover()).push ?? { vapidKey: '' }
    const [phone, tablet] = [service.subscriber(vapidKey), service.subscriber(vapidKey)]
    const { tag } = await dave.client.enablePush(phone.json)
    await groupAt(dave, quiet).setPush('none')
    await erin.client.enablePush(tablet.json)
    await erin.client.setPush('targeted')
    await quiet.send('for whoever looks', { urgency: 'urgent' })
    const said = await loud.send('aside', { urgency: 'silent' })
    await loud.react(said, '👍')
    await loud.send('to dave', { to: [dave.client.user], urgency: 'urgent' })
    await loud.send('to erin', { to: [erin.client.user] })
    await Promise.all([phone.asked(1), tablet.asked(1)])
    expect([phone, tablet].map(({ received }) => received.map(({ urgency }) => urgency))).to.deep.equal([
      ['high'],
      ['normal'],
    ])
    expect(JSON.parse(phone.received[0]?.text ?? '{}')).to.deep.equal({ tag })
    expect(service.faults).to.deep.equal([])
    await dave.untilText('to dave')
    await groupAt(dave, loud).send('I am here', { urgency: 'silent' })
    await alice.untilText('I am here')
  })

  it('is woken by no urgency that there is not', async () => {
    const group = await groupOf(alice, bob)
    const refused = await groupAt(alice, group)
      .send('now', { urgency: 'at once' as never })
      .catch((error: unknown) => String(error))
    expect(refused).to.match(/TypeError: send: urgency: expected urgent or normal or silent/)
  })
})
