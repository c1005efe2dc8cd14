/** Who takes pushes for this client: a browser's push service, or an endpoint that something else gave (UnifiedPush). */
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import type { PushTarget } from '../api/push.js'

/**
 * `manager` is the `pushManager` of the registration of a service worker that shows what comes. Elsewhere `endpoint` and `keys` are
 * those of a UnifiedPush distributor, or of any other service of RFC 8030, and the application decrypts what comes (RFC 8291).
 */
export type PushReceiver = { readonly manager: BrowserPush } | PushTarget

/** What is used of a browser's PushManager. */
export type BrowserPush = {
  readonly getSubscription: () => Promise<BrowserSubscription | null>
  readonly subscribe: (options: {
    readonly userVisibleOnly: true
    readonly applicationServerKey: Uint8Array<ArrayBuffer>
  }) => Promise<BrowserSubscription>
}

type BrowserSubscription = {
  readonly options: { readonly applicationServerKey: ArrayBuffer | null }
  readonly toJSON: () => { readonly endpoint?: string; readonly keys?: { readonly [name: string]: string } }
  readonly unsubscribe: () => Promise<boolean>
}

/** A browser is subscribed anew where the server's key has become another: pushes under the old one end with the old key. */
export const targetAt = async (receiver: PushReceiver, vapidKey: string): Promise<PushTarget> => {
  if (!('manager' in receiver)) return { endpoint: receiver.endpoint, keys: keysOf(receiver.keys) }
  const { manager } = receiver
  const { endpoint, keys } = ((await subscribedTo(manager, vapidKey)) ?? (await subscribe(manager, vapidKey))).toJSON()
  if (endpoint === undefined || keys === undefined) throw new Error('this browser gives no keys to encrypt pushes to')
  return { endpoint, keys: keysOf(keys) }
}

const keysOf = ({ p256dh = '', auth = '' }: { readonly [name: string]: string }): PushTarget['keys'] => ({
  p256dh,
  auth,
})

const subscribedTo = async (manager: BrowserPush, vapidKey: string): Promise<BrowserSubscription | undefined> => {
  const there = await manager.getSubscription()
  if (there === null) return undefined
  const { applicationServerKey: key } = there.options
  if (key !== null && toBase64url(new Uint8Array(key)) === vapidKey) return there
  await there.unsubscribe()
  return undefined
}

const subscribe = (manager: BrowserPush, vapidKey: string): Promise<BrowserSubscription> => {
  const applicationServerKey = fromBase64url(vapidKey)
  if (applicationServerKey === undefined)
    throw new Error('the homeserver has no key that pushes could be subscribed to')
  return manager.subscribe({ userVisibleOnly: true, applicationServerKey: new Uint8Array(applicationServerKey) })
}
