/** The service worker of the chat: shows that something came while the page was closed, and opens it. It serves no pages. */
import { asClient, lookForNews } from './look.js'
import { showBadge } from './badge.js'
import { neutral } from './news.js'

/** What is used of a ServiceWorkerGlobalScope, which the library of pages does not have. */
type Lasting = { readonly waitUntil: (work: Promise<unknown>) => void }
type Clicked = Lasting & { readonly notification: Notification }
type Page = {
  readonly url: string
  readonly visibilityState: DocumentVisibilityState
  readonly focus: () => Promise<unknown>
  readonly postMessage: (message: string) => void
}
type Scope = {
  readonly registration: ServiceWorkerRegistration
  readonly clients: {
    readonly matchAll: (options: object) => Promise<readonly Page[]>
    readonly openWindow: (url: string) => Promise<unknown>
  }
  readonly skipWaiting: () => Promise<void>
  readonly addEventListener: ((
    type: 'install' | 'push' | 'pushsubscriptionchange',
    take: (event: Lasting) => void,
  ) => void) &
    ((type: 'notificationclick', take: (event: Clicked) => void) => void)
}
const scope = self as unknown as Scope

const address = '/chat'

/** They are at `/chat`, which is above what this worker controls. */
const pages = async (): Promise<readonly Page[]> => {
  const windows = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true })
  return windows.filter(({ url }) => new URL(url).pathname === address)
}

/** Browsers want to see a notification for each push, unless the person looks at the page already. */
const tell = async (): Promise<void> => {
  if ((await pages()).some(({ visibilityState }) => visibilityState === 'visible')) return
  const { title, body, count } = (await lookForNews().catch(() => undefined)) ?? neutral
  const options = { body, tag: 'mls-chat', renotify: true, icon: '/chat/icon.svg' }
  await scope.registration.showNotification(title, options)
  if (count > 0) await showBadge(count)
}

const openPage = async (): Promise<void> => {
  const [page] = await pages()
  await (page === undefined ? scope.clients.openWindow(address) : page.focus())
}

/** The browser has given the subscription up for another: whoever has the client tells the homeserver. */
const subscribeAgain = async (): Promise<void> => {
  const { pushManager } = scope.registration
  const done = await asClient(async (client) => {
    if (await client.isPushEnabled()) await client.enablePush({ manager: pushManager })
    return true
  }).catch(() => undefined)
  if (done === undefined) for (const page of await pages()) page.postMessage('pushsubscriptionchange')
}

scope.addEventListener('install', (event) => {
  event.waitUntil(scope.skipWaiting())
})
scope.addEventListener('push', (event) => {
  event.waitUntil(tell())
})
scope.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(openPage())
})
scope.addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil(subscribeAgain())
})
