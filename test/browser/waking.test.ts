/**
 * The chat page is closed, and its person is woken: Chromium here has no push service, so the page is given a subscription with keys
 * of its own, and what the endpoint got is handed to the service worker as a push service would.
 */
import { expect } from 'chai'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { eventually } from '../stores/eventually.js'
import { type PushService, startPushService, type Subscriber } from '../support/pushService.js'
import { type RunningServer, startServer } from '../support/startServer.js'
import { begin, openChat, reads, register, say } from './chatPage.js'
import { openChromium } from './chromium.js'
import { desk, phone, picture, scrollsSideways } from './looks.js'

/** In the page only: what a push service of the browser's would do. */
const subscribeTo = (receiver: Subscriber['json']): void => {
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

/** Runs in the service worker: the browser gave its subscription up, and may have this one instead. */
const changeSubscription = async (receiver: Subscriber['json']): Promise<void> => {
  const subscribe = ({ applicationServerKey }: { readonly applicationServerKey: Uint8Array }): Promise<object> =>
    Promise.resolve({
      options: { applicationServerKey: applicationServerKey.buffer },
      toJSON: () => receiver,
      unsubscribe: () => Promise.resolve(true),
    })
  const waiting: Promise<unknown>[] = []
  const waitUntil = (work: Promise<unknown>): number => waiting.push(work)
  Object.assign(PushManager.prototype, { subscribe, getSubscription: () => Promise.resolve(null) })
  dispatchEvent(Object.assign(new Event('pushsubscriptionchange'), { waitUntil }))
  await Promise.all(waiting)
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

describe('The chat page, closed', () => {
  let house: { readonly server: RunningServer; readonly browser: Browser; readonly service: PushService } | undefined
  const complaints: string[] = []
  before(async function () {
    const browser = await openChromium(this, 'being woken')
    const service = await startPushService()
    house = { browser, service, server: await startServer({ PUSH_HOSTS: service.host }) }
  })
  after(async () => {
    await house?.browser.close()
    await house?.server.stop()
    await house?.service.close()
  })

  it('tells who wrote, once a person has turned that on', async () => {
    if (house === undefined) throw new Error('not begun')
    const { browser, server, service } = house
    const discovery = (await (await fetch(`${server.url}/.well-known/mls-homeserver`)).json()) as {
      readonly push: { readonly vapidKey: string }
    }
    const phoneOfBob = service.subscriber(discovery.push.vapidKey)
    const alice = await openChat(await browser.newContext(desk), server.url, complaints)
    const context = await browser.newContext(phone)
    await context.grantPermissions(['notifications'], { origin: server.url })
    await context.addInitScript(subscribeTo, phoneOfBob.json)
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

    await bob.click('.entry')
    await bob.click('text=2 people')
    for (const policy of ['none', 'all']) {
      const told = bob.waitForResponse((response) => response.url().endsWith('/push/policy'))
      await bob.selectOption('.wake-for select', policy)
      const { groups } = (await told).request().postDataJSON() as { readonly groups: object }
      expect(Object.values(groups)).to.deep.equal([policy])
    }
    await picture(bob, 'chat-phone-wakes-for')
    expect(await scrollsSideways(bob)).to.equal(false)

    // Of the same browser profile and origin, and no chat.
    const beside = await context.newPage()
    await beside.goto(`${server.url}/livez`)
    await bob.close()
    const devTools = await context.newCDPSession(beside)
    /** A push may come twice: one that came before its message could be read, or while a page was closing, does. */
    const shown = async (body: string): Promise<string> => {
      for (let tries = 0; ; tries++) {
        await deliver(devTools, server.url, phoneOfBob.received[0]?.text ?? '')
        const isShown = async (): Promise<Shown | undefined> =>
          (await notificationsAt(beside)).find((one) => one.body === body)
        const found = await eventually(body, isShown, 5_000).catch((error: unknown) => {
          if (tries === 3) throw error
        })
        if (found !== undefined) return found.title
      }
    }
    await say(alice, 'We meet at noon.')
    await phoneOfBob.asked(1)
    expect(await shown('1 new message.')).to.equal('alice')
    const worker = context.serviceWorkers().find((one) => one.url() === `${server.url}/chat/wake.js`)
    expect(await worker?.evaluate(clickOnNotification)).to.deep.equal(['/chat'])

    await say(alice, 'Bring the map.')
    expect(await shown('2 new messages.')).to.equal('alice')
    const again = await openChat(context, server.url, complaints)
    await again.click('.entry:has-text("Weekend")')
    await reads(again, 'We meet at noon.')
    await reads(again, 'Bring the map.')
    await eventually('the notification is gone', async () => (await notificationsAt(beside)).length === 0)
    await again.close()

    // A page that is closing has the client for a moment more.
    await beside.evaluate(() => navigator.locks.request('mls-chat', () => undefined))
    const otherPhone = service.subscriber(discovery.push.vapidKey)
    await worker?.evaluate(changeSubscription, otherPhone.json)
    await beside.evaluate(() => {
      void navigator.locks.request('mls-chat', () => new Promise(() => undefined))
    })
    await say(alice, 'The train is late.')
    await otherPhone.asked(1)
    expect(await shown('There may be something new.')).to.equal('Chat')
    expect(service.faults).to.deep.equal([])
    expect(complaints).to.deep.equal([])
  })
})
