/** Pushes from a real server process to a push service that is real, too: what it answers, or does not, harms nobody, and no crash forgets one. */
import { expect } from 'chai'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { at } from '../api/groupPeople.js'
import { startPushService } from '../support/pushService.js'
import type { PushService, Subscriber } from '../support/pushService.js'
import { forgedMessage, forging, gathered } from './forgers.js'
import { openHouse } from './house.js'
import type { RealHouse, Resident } from './house.js'

type Pushed = { readonly by: Resident; readonly phone: Subscriber; readonly tag: string; readonly subscription: string }

describe('pushes of a server', () => {
  let service: PushService
  let house: RealHouse
  let vapidKey: string
  before(async () => {
    service = await startPushService()
    house = await openHouse({ PUSH_HOSTS: service.host, LOG_LEVEL: 'debug' })
    const { body } = await house.ask(undefined, 'GET', '/.well-known/mls-homeserver')
    vapidKey = (body['push'] as { vapidKey: string }).vapidKey
  })
  after(async () => {
    await house.close()
    await service.close()
  })
  afterEach(() => {
    expect(service.faults).to.deep.equal([])
  })

  const pushOf = ({ queue }: Resident, rest = ''): string => `/v1/queues/${encodeURIComponent(queue)}/push${rest}`
  const asQueue = ({ queueToken }: Resident) => ({ token: queueToken })

  const subscribe = async (by: Resident, phone: Subscriber = service.subscriber(vapidKey)): Promise<Pushed> => {
    const { status, body } = await house.ask(asQueue(by), 'POST', pushOf(by), { json: phone.json })
    expect(status, JSON.stringify(body)).to.equal(201)
    expect(body).to.include({ vapidKey })
    return { by, phone, tag: String(body['tag']), subscription: String(body['subscription']) }
  }

  /** A group of one who speaks and those who are away, each with a phone. */
  const people = async (away = 1) => {
    const speaker = forging(house, await house.register())
    const others = []
    for (let n = 0; n < away; n++) others.push(forging(house, await house.register()))
    const { group, mls } = await gathered(house, [speaker, ...others])
    const pushed: Pushed[] = []
    for (const other of others) pushed.push(await subscribe(other))
    const say = async (headers: Record<string, string> = {}): Promise<void> => {
      const answer = await house.ask(speaker, 'POST', at(group, '/messages'), {
        mls: forgedMessage(group, mls.epoch),
        headers,
      })
      expect(answer.status, JSON.stringify(answer.body)).to.equal(201)
    }
    /** Fetches all there is, and acknowledges it. */
    const read = async (by: Resident): Promise<void> => {
      const path = `/v1/queues/${encodeURIComponent(by.queue)}`
      const { body } = await house.ask(asQueue(by), 'GET', `${path}/items?limit=100`)
      const answer = await house.ask(asQueue(by), 'POST', `${path}/acknowledgements`, { json: { upTo: body['next'] } })
      expect(answer.status).to.equal(202)
      while (!(await house.log()).some((event) => acknowledges(event, by))) await turn()
    }
    return { speaker, group, pushed, say, read }
  }
  const acknowledges = ({ type, data }: { readonly type: string; readonly data: unknown }, { queue }: Resident) =>
    type === 'QueuesAcknowledged' && Object.hasOwn((data as { queues: object }).queues, queue)
  const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))

  it('say the tag that the subscription was told, urgently where the sender says so', async () => {
    const { pushed, say } = await people()
    const [{ phone, tag } = raise()] = pushed
    await say({ urgency: 'urgent' })
    await phone.asked(1)
    expect(phone.received[0]).to.include({ urgency: 'high', contact: 'mailto:operator@example.org' })
    expect(JSON.parse(phone.received[0]!.text)).to.deep.equal({ tag })
  })

  it('end with a subscription that is gone', async () => {
    const { pushed, say } = await people()
    const [{ by, phone } = raise()] = pushed
    phone.answers(410)
    await say()
    await phone.asked(1)
    const listed = async () => (await house.ask(asQueue(by), 'GET', pushOf(by))).body['subscriptions'] as unknown[]
    while ((await listed()).length > 0) await turn()
    expect((await house.events()).filter(({ type }) => type === 'PushUnsubscribed').at(-1)?.data).to.include({
      reason: 'gone',
    })
  })

  it('reach others while push services never answer, fail, redirect, and answer without end', async () => {
    const { pushed, say } = await people(5)
    const [silent, failing, redirecting, endless, well] = pushed.map(({ phone }) => phone)
    silent!.answers(() => undefined)
    failing!.answers(500)
    redirecting!.answers((response) => response.writeHead(302, { location: well!.json.endpoint }).end())
    endless!.answers((response) => {
      response.writeHead(200)
      const write = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(64 * 1024), () => setImmediate(write))
      }
      write()
    })
    await say()
    await Promise.all(pushed.map(({ phone }) => phone.asked(1)))
    failing!.answers(201)
    await failing!.asked(2)
    expect(well!.received).to.have.length(1)
    expect(await house.ask(undefined, 'GET', '/readyz')).to.have.property('status', 200)
  })

  it('are forgotten by no kill -9 between message and push', async () => {
    const { pushed, say } = await people()
    const [{ phone } = raise()] = pushed
    phone.answers(() => undefined)
    await say()
    await phone.asked(1)
    await house.server.crash()
    phone.answers(201)
    await house.server.restart()
    await phone.asked(2)
  })

  it('come again only when something was acknowledged, over a restart too', async () => {
    const { pushed, say, read } = await people()
    const [{ phone, by } = raise()] = pushed
    await say()
    await phone.asked(1)
    const { server } = house
    await pushesWrittenDown(server.url)
    await server.crash()
    await server.restart()
    await say()
    await pushesWrittenDown(server.url)
    expect(phone.received).to.have.length(1)
    await read(by)
    await say()
    await phone.asked(2)
  })

  /** What became of pushes is written: the server says that it is no event behind. */
  const pushesWrittenDown = async (url: string): Promise<void> => {
    for (;;) {
      const metrics = await (await fetch(`${url}/metrics`)).text()
      if (/^mls_homeserver_push_lag_seconds 0$/m.test(metrics)) return
      await turn()
    }
  }

  it('leave nothing of where they lead in the data directory, the log lines and the metrics', async () => {
    const { pushed, say } = await people()
    const [{ phone, by, subscription } = raise()] = pushed
    phone.answers(500)
    await say()
    await phone.asked(1)
    const metrics = await (await fetch(`${house.server.url}/metrics`)).text()
    expect(metrics).to.match(/mls_homeserver_pushes_total\{outcome="failed"\} \d/)
    const { endpoint, keys } = phone.json
    const secrets = [endpoint, new URL(endpoint).host, new URL(endpoint).pathname, keys.p256dh, keys.auth]
    for (const secret of secrets) {
      expect(house.server.log(), secret).not.to.include(secret)
      expect(metrics, secret).not.to.include(secret)
      for (const file of filesIn(house.server.dataDir))
        expect(readFileSync(file).includes(secret), file).to.equal(false)
    }
    for (const name of [by.queue, subscription]) {
      expect(house.server.log()).not.to.include(name)
      expect(metrics).not.to.include(name)
    }
  })

  const wrong: readonly [string, string][] = [
    ['plain http', 'http://push.example.net/x'],
    ['another scheme', 'ftp://push.example.net/x'],
    ['another port', 'https://push.example.net:8443/x'],
    ['a user', 'https://me@push.example.net/x'],
    ['a loopback address', 'https://127.0.0.1/x'],
    ['a private address', 'https://10.1.2.3/x'],
    ['a private address in hexadecimal', 'https://0x0a010203/x'],
    ['a link-local address', 'https://169.254.169.254/latest/meta-data'],
    ['a loopback address of IPv6', 'https://[::1]/x'],
    ['a mapped address', 'https://[::ffff:10.1.2.3]/x'],
    ['this machine’s name', 'https://localhost/x'],
    ['another port of a named host', 'http://127.0.0.1:1/x'],
    ['nothing', ''],
    ['no URL', 'push'],
  ]
  for (const [what, endpoint] of wrong)
    it(`are not subscribed to at ${what}`, async () => {
      const by = await house.register()
      const { keys } = service.subscriber(vapidKey).json
      const { status, body } = await house.ask(asQueue(by), 'POST', pushOf(by), { json: { endpoint, keys } })
      expect({ status, code: body['code'] }).to.deep.equal({ status: 400, code: 'malformed' })
    })

  it('are not encrypted to what is no key', async () => {
    const by = await house.register()
    const { endpoint, keys } = service.subscriber(vapidKey).json
    const offCurve = Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 1)]).toString('base64url')
    for (const other of [{ p256dh: offCurve }, { p256dh: 'AAAA' }, { auth: 'AAAA' }, { auth: 'A'.repeat(23) }]) {
      const json = { endpoint, keys: { ...keys, ...other } }
      expect(await house.ask(asQueue(by), 'POST', pushOf(by), { json })).to.have.property('status', 400)
    }
  })

  it('go to so many receivers of a queue, to endpoints of such a length, by policies of so many groups', async () => {
    const by = await house.register()
    for (let n = 0; n < 3; n++) await subscribe(by)
    const refused = async (method: string, rest: string, json: object) =>
      (await house.ask(asQueue(by), method, pushOf(by, rest), { json })).body
    expect(await refused('POST', '', service.subscriber(vapidKey).json)).to.include({
      code: 'limit-reached',
      limit: 'pushSubscriptionsPerQueueMax',
    })
    const { keys } = service.subscriber(vapidKey).json
    const long = (bytes: number) => ({ endpoint: `${service.origin}/`.padEnd(bytes, 'x'), keys })
    expect(await refused('POST', '', long(2_049))).to.include({ code: 'malformed' })
    const groups = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`mimi://example.org/g/${groupName(n)}`, 'none']))
    expect(await refused('PUT', '/policy', { default: 'all', groups: groups(200) })).to.have.property('position')
    expect(await refused('PUT', '/policy', { default: 'all', groups: groups(201) })).to.include({
      code: 'limit-reached',
      limit: 'pushGroupPoliciesMax',
    })
  })
  const groupName = (n: number): string => Buffer.alloc(16, n).toString('base64url')

  it('are one for an endpoint that is subscribed again, and none for one that is removed', async () => {
    const { pushed, say } = await people()
    const [{ by, phone, subscription } = raise()] = pushed
    const again = await subscribe(by, phone)
    expect(again.subscription).not.to.equal(subscription)
    await say()
    await phone.asked(1)
    const { status } = await house.ask(asQueue(by), 'DELETE', pushOf(by, `/${again.subscription}`))
    expect(status).to.equal(200)
    const { body } = await house.ask(asQueue(by), 'GET', pushOf(by))
    expect(body['subscriptions']).to.deep.equal([])
    expect(phone.received).to.have.length(1)
  })

  it('are nobody else’s to see or change', async () => {
    const [one, other] = [await house.register(), await house.register()]
    for (const [method, rest] of [
      ['GET', ''],
      ['DELETE', '/AAAAAAAAAAAAAAAAAAAAAA'],
    ] as const)
      expect(await house.ask(asQueue(other), method, pushOf(one, rest))).to.have.property('status', 404)
    const { json } = service.subscriber(vapidKey)
    expect(await house.ask(asQueue(other), 'POST', pushOf(one), { json })).to.have.property('status', 404)
  })
})

const filesIn = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true })
    .map((name) => join(directory, String(name)))
    // Blobs get their final names while one looks.
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true)

const raise = (): never => {
  throw new Error('nobody is there')
}
