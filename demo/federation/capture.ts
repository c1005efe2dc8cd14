/** Whom the clients of this process ask: every request and websocket that leaves it, under the name of whose client it is. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { WebSocket } from 'ws'

export type Asked = {
  readonly name: string
  readonly host: string
  readonly requests: number
  readonly websockets: number
}

export type Capture = {
  /** What `act` does, and all that follows from it later, is done by `name`. */
  readonly as: <T>(name: string, act: () => T) => T
  /** The same object, with all that is done through it done by `name`. */
  readonly own: <T extends object>(name: string, target: T) => T
  /** Whoever did something outside `as` and `own` stands under `nobody`. */
  readonly asked: () => readonly Asked[]
}

const nobody = 'nobody known'

/** From now on, for the rest of this process. */
export const captureClients = (): Capture => {
  const acting = new AsyncLocalStorage<string>()
  const seen = new Map<string, Asked>()
  const note = (url: string | URL, kind: 'requests' | 'websockets'): void => {
    const [name, { host }] = [acting.getStore() ?? nobody, new URL(url)]
    const before = seen.get(`${name} ${host}`) ?? { name, host, requests: 0, websockets: 0 }
    seen.set(`${name} ${host}`, { ...before, [kind]: before[kind] + 1 })
  }

  const real = globalThis.fetch
  globalThis.fetch = (input, init) => {
    note(input instanceof Request ? input.url : input, 'requests')
    return real(input, init)
  }
  const captured = new Proxy(WebSocket, {
    construct: (ours, given: [string, ...unknown[]]) => {
      note(given[0], 'websockets')
      return Reflect.construct(ours, given) as object
    },
  })
  Object.assign(globalThis, { WebSocket: captured })

  const as: Capture['as'] = (name, act) => acting.run(name, act)
  const own: Capture['own'] = (name, target) =>
    new Proxy(target, {
      get: (object, key) => {
        const value: unknown = Reflect.get(object, key)
        if (typeof value !== 'function') return value
        return (...given: readonly unknown[]) => as(name, () => ownedIn(name, Reflect.apply(value, object, given)))
      },
    })
  /** A group that a client hands out is that client's. */
  const ownedIn = (name: string, value: unknown): unknown => {
    if (value instanceof Promise) return value.then((answer: unknown) => ownedIn(name, answer))
    return isGroup(value) ? own(name, value) : value
  }
  return { as, own, asked: () => [...seen.values()] }
}

const isGroup = (value: unknown): value is object => typeof value === 'object' && value !== null && 'invite' in value
