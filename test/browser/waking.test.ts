/**
 * The chat page is closed, and its person is woken: Chromium here has no push service, so the page is given a subscription with keys
 * of its own, and what the endpoint got is handed to the service worker as a push service would.
 */
import { createECDH, randomBytes } from 'node:crypto'
import { expect } from 'chai'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { eventually } from '../stores/eventually.js'
import { type RunningServer, startServer } from '../support/startServer.js'
import { begin, openChat, reads, register, say } from './chatPage.js'
import { openChromium } from './chromium.js'
import { desk, phone, picture, scrollsSideways } from './looks.js'

type Receiver = { readonly endpoint: string; readonly keys: { readonly p256dh: string; readonly auth: string } }

/** In the page only: what a push service of the browser's would do. */
const subscribeTo = (receiver: Receiver): void => {
  let there: object | null = null
  const subscribe = ({ applicationServerKey }: { readonly applicationServerKey: Uint8Array }): Promise<object> => {
    const unsubscribe = (): Promise<boolean> => {
      there = null
      return Promise.resolve(true)
    }
    there = { options: { applicationServerKey: applicationServerKey.buffer }, toJSON: () => receiver, unsubscribe }
    return Promise.resolve(there)
  }
  Object.assign(PushManager.prototype, { subscribe, getSubscription: () => Promise.resolve(there) })
}

type Shown = { readonly title: string; readonly body: string }

/** By a page that is none of the chat's. */
const notificationsAt = (page: Page): Promise<readonly Shown[]> =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration('/chat/')
    return ((await registration?.getNotifications()) ?? []).map(({ title, body }) => ({ title, body }))
  })

/** Runs in the service worker: what a click has it open. A click of nobody's may open nothing. */
const clickOnNotification = async (): Promise<readonly string[]> => {
  const scope = globalThis as unknown as {
    readonly registration: ServiceWorkerRegistration
    readonly clients: { openWindow: (url: string) => Promise<null> }
    readonly dispatchEvent: (event: Event) => boolean
  }
  const opened: string[] = []
  scope.clients.openWindow = (url) => {
    opened.push(url)
    return Promise.resolve(null)
  }
  const [notification] = await scope.registration.getNotifications()
  const waiting: Promise<unknown>[] = []
  const waitUntil = (work: Promise<unknown>): number => waiting.push(work)
  scope.dispatchEvent(Object.assign(new Event('notificationclick'), { notification, waitUntil }))
  await Promise.all(waiting)
  return opened
}

/** What a browser does when its push service has something for a registration. */
const deliver = async (session: CDPSession, origin: string, data: string): Promise<void> => {
  const registrations = new Map<string, string>()
  session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations: all }) => {
    for (const { registrationId, scopeURL } of all) registrations.set(scopeURL, registrationId)
  })
  await session.send('ServiceWorker.enable')
  const registrationId = await eventually('the registration', () => registrations.get(`${origin}/chat/`))
  await session.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data })
  await session.send('ServiceWorker.disable')
}

describe('The chat page, closed', function () {
  this.timeout(120_000)
  let house: { readonly server: RunningServer; readonly browser: Browser } | undefined
  const complaints: string[] = []
  const pair = createECDH('prime256v1')
  const receiver: Receiver = {
    endpoint: 'https://push.example.net/bob',
    keys: { p256dh: pair.generateKeys('base64url'), auth: randomBytes(16).toString('base64url') },
  }

  before(async function () {
    const browser = await openChromium(this, 'being woken')
    house = { browser, server: await startServer() }
  })
  after(async () => {
    await house?.browser.close()
    await house?.server.stop()
  })

  it('tells who wrote, once a person has turned that on', async () => {
    if (house === undefined) throw new Error('not begun')
    const { browser, server } = house
    const alice = await openChat(await browser.newContext(desk), server.url, complaints)
    const context = await browser.newContext(phone)
    await context.grantPermissions(['notifications'], { origin: server.url })
    await context.addInitScript(subscribeTo, receiver)
    const bob = await openChat(context, server.url, complaints)
    await Promise.all([register(alice, 'alice'), register(bob, 'bob')])
    await begin(alice, { name: 'Weekend', people: 'bob' })
    await bob.click('.entry:has-text("Weekend")')
    await say(alice, 'Are you coming on Saturday?')
    await reads(bob, 'Are you coming')
    await bob.goBack()
    const wake = bob.locator('[role=switch]')
    await wake.click()
    await bob.waitForSelector('[role=switch]:checked:enabled')
    expect(complaints).to.deep.equal([])
    await picture(bob, 'chat-phone-waking')
    expect(await scrollsSideways(bob)).to.equal(false)

    // Of the same browser profile and origin, and no chat.
    const beside = await context.newPage()
    await beside.goto(`${server.url}/livez`)
    await bob.close()
    await say(alice, 'We meet at noon.')
    await alice.locator('article.mine').last().locator('.when:not(:has-text("sending"))').waitFor()
    const devTools = await context.newCDPSession(beside)
    await deliver(devTools, server.url, '{"tag":"any"}')
    const shown = await eventually('a notification', async () => {
      const [first] = await notificationsAt(beside)
      return first
    })
    expect(shown).to.deep.equal({ title: 'alice', body: '1 new message.' })

    const worker = context.serviceWorkers().find((one) => one.url() === `${server.url}/chat/wake.js`)
    expect(await worker?.evaluate(clickOnNotification)).to.deep.equal(['/chat'])

    const again = await openChat(context, server.url, complaints)
    await again.click('.entry:has-text("Weekend")')
    await reads(again, 'We meet at noon.')
    await eventually('the notification is gone', async () => (await notificationsAt(beside)).length === 0)
    await again.close()

    await beside.evaluate(() => {
      void navigator.locks.request('mls-chat', () => new Promise(() => undefined))
    })
    await deliver(devTools, server.url, '{"tag":"any"}')
    const neutral = await eventually('another one', async () => (await notificationsAt(beside))[0])
    expect(neutral).to.deep.equal({ title: 'Chat', body: 'There may be something new.' })
    expect(complaints).to.deep.equal([])
  })
})
