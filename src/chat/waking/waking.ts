/** Being woken while this page is closed, as the page turns it on and off. */
import type { Client } from '../../client/index.js'

/** refused: the browser was told not to let this page notify. */
export type Waking = 'on' | 'off' | 'refused'

export type WakingOf = {
  readonly now: () => Promise<Waking>
  /** Throws, in words for the person, where the browser or the server does not let it. To be called by a click of the person's. */
  readonly turn: (on: boolean) => Promise<void>
  /** At each opening: what changed at the server, or in the browser, while the page was closed. */
  readonly renew: () => Promise<void>
  /** The person looks: what was notified is seen. */
  readonly seen: () => Promise<void>
}

/** Undefined where this browser cannot. */
export const wakingOf = (client: Client): WakingOf | undefined => {
  if (!('serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window)) return undefined
  const enable = async (): Promise<void> => {
    await client.enablePush({ manager: (await registered()).pushManager })
  }
  const now: WakingOf['now'] = async () => {
    if (Notification.permission === 'denied') return 'refused'
    return Notification.permission === 'granted' && (await client.isPushEnabled()) ? 'on' : 'off'
  }
  return {
    now,
    turn: async (on) => {
      if (on) {
        if ((await Notification.requestPermission()) !== 'granted')
          throw new Error('This browser does not let the page notify you.')
        await enable()
      } else await client.disablePush((await known())?.pushManager)
    },
    renew: async () => {
      if ((await now()) === 'on') await enable()
      navigator.serviceWorker.addEventListener('message', ({ data }) => {
        if (data === 'pushsubscriptionchange') enable().catch(() => undefined)
      })
    },
    seen: async () => {
      for (const notification of (await (await known())?.getNotifications()) ?? []) notification.close()
    },
  }
}

const script = '/chat/wake.js'
const within = '/chat/'

const known = (): Promise<ServiceWorkerRegistration | undefined> => navigator.serviceWorker.getRegistration(within)

/** With a worker that is active: browsers subscribe for no other. */
const registered = async (): Promise<ServiceWorkerRegistration> => {
  const registration = await navigator.serviceWorker.register(trusted(script), {
    scope: within,
    updateViaCache: 'none',
  })
  const worker = registration.installing ?? registration.waiting
  if (registration.active === null && worker !== null)
    await new Promise<void>((resolve, reject) => {
      worker.addEventListener('statechange', () => {
        if (worker.state === 'activated') resolve()
        else if (worker.state === 'redundant') reject(new Error('This browser did not take the service worker.'))
      })
    })
  return registration
}

type Policies = {
  readonly createPolicy: (
    name: string,
    rules: { readonly createScriptURL: (url: string) => string },
  ) => { readonly createScriptURL: (url: string) => string }
}

/** The page's policy takes this one address from this one rule, and no text (Trusted Types), where the browser knows of it. */
const trusted = (url: string): string => {
  const { trustedTypes } = window as unknown as { readonly trustedTypes?: Policies }
  policy ??= trustedTypes?.createPolicy('chat-worker', { createScriptURL: () => script })
  return policy?.createScriptURL(url) ?? url
}
let policy: ReturnType<Policies['createPolicy']> | undefined
