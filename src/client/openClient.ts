/** Opening a client: from its store, or by making an account first. */
import type { Domain, GroupId, UserId } from '../mls/wire/ids.js'
import { toBase64url } from '../mls/bytes/base64url.js'
import { type Account, loadAccount } from './account/account.js'
import { replenishKeyPackages } from './account/keyPackages.js'
import { linkText } from './account/link.js'
import { beginRegistration, finishRegistration, loadRegistration } from './account/registration.js'
import { type Client, clientOf } from './client.js'
import type { Engine } from './engine/engine.js'
import { openInbox } from './engine/inbox.js'
import { newLocks } from './engine/locks.js'
import { type Work, resume, runnerOf } from './engine/runner.js'
import { saverTo } from './engine/saver.js'
import { loadGroups } from './groups/groupRecord.js'
import { loseAll } from './groups/receive.js'
import { defaultSuiteId } from './member/suite.js'
import { loadCursors } from './queues/cursors.js'
import { dispatchTo } from './queues/dispatch.js'
import { queueReader } from './queues/queueReader.js'
import type { Store } from './store/store.js'
import { apiOf } from './api/api.js'
import { type Http, httpTo } from './transport/http.js'
import { chainVerifier } from './trust/chainVerifier.js'

export type Options = {
  /** The homeserver's base URL; or several of the same homeserver, tried in turn when one is away. */
  readonly server: string | readonly string[]
  readonly store: Store
  /** DER roots that the application knows by domain. The own server's is otherwise believed at the first use, and kept. */
  readonly roots?: { readonly [domain: string]: Uint8Array }
  /** 1 (the default) or 3. */
  readonly cipherSuite?: number
  /** How long a request is tried again while the server is away; 60 s. */
  readonly patienceMs?: number
}

const defaultPatienceMs = 60_000

/** Registers a user with its first client. Taken up where it stopped when it is called again with the same store. */
export const createAccount = async (
  options: Options & {
    readonly handle: string
    readonly discovery?: 'exact' | 'prefix' | 'hidden'
    readonly claims?: 'anyone' | 'contacts'
  },
): Promise<Client> => {
  if ((await loadAccount(options.store)) !== undefined) return openClient(options)
  const { http, signal } = connectionOf(options)
  const registration = await beginRegistration(http, options.store, undefined, signal)
  const { user, client, csr } = registration
  await finishRegistration({
    http,
    store: options.store,
    registration,
    pinned: options.roots,
    submit: (api) =>
      api.account.register(registration.registerKey, {
        user,
        client,
        handle: options.handle,
        csr: toBase64url(csr),
        ...(options.discovery === undefined ? {} : { discovery: options.discovery }),
        ...(options.claims === undefined ? {} : { claims: options.claims }),
      }),
    signal,
  })
  return openClient(options)
}

/** Begins a new client of an existing user. The text goes to one of its clients, to `approveLink`. */
export const requestLink = async (options: Options & { readonly user: UserId }): Promise<string> => {
  const { http, signal } = connectionOf(options)
  const { csr } = await beginRegistration(http, options.store, options.user, signal)
  return linkText(csr)
}

/** Finishes it with what `approveLink` answered. */
export const completeLink = async (options: Options & { readonly approval: string }): Promise<Client> => {
  const registration = await loadRegistration(options.store)
  if (registration === undefined) return openClient(options)
  const { http, signal } = connectionOf(options)
  const { user, client, csr, registerKey } = registration
  await finishRegistration({
    http,
    store: options.store,
    registration,
    pinned: options.roots,
    submit: (api) =>
      api.account.addClient(registerKey, { user, client, csr: toBase64url(csr), approval: options.approval }),
    signal,
  })
  return openClient(options)
}

/** Opens the client in the store: what was on its way when it stopped is finished first. */
export const openClient = async (options: Options): Promise<Client> => {
  const account = await loadAccount(options.store)
  if (account === undefined) throw new Error('there is no account in this store: createAccount makes one')
  const stop = new AbortController()
  const { http } = connectionOf(options)
  const { engine, work, client } = await assemble(options, account, http, stop)
  await resume(engine, work)
  if (work.keyPackages !== 'enough') {
    work.keyPackages = 'enough'
    await replenishKeyPackages(engine, false).catch(() => {
      work.keyPackages = 'low'
    })
  }
  return client
}

const connectionOf = ({ server, patienceMs }: Options): { readonly http: Http; readonly signal: AbortSignal } => ({
  http: httpTo(typeof server === 'string' ? [server] : server, patienceMs ?? defaultPatienceMs),
  signal: new AbortController().signal,
})

const assemble = async (options: Options, account: Account, http: Http, stop: AbortController) => {
  const { store } = options
  const bearers = {
    client: () => ({ id: account.client, seed: account.seed }),
    queue: () => ({ id: account.queue, seed: account.queueSeed }),
  }
  const saver = saverTo(
    store,
    () => inbox.last(),
    (upTo) => {
      inbox.release(upTo)
    },
  )
  const inbox = await openInbox(store, () => saver)
  const roots = { ...account.roots, ...options.roots }
  const verifyChain = chainVerifier((domain: Domain) => Promise.resolve(roots[domain]))
  const check: Engine['check'] = async (certificates, key) => (await verifyChain(certificates, key)) !== undefined
  const work: Work = { groups: new Set(), keyPackages: 'enough' }
  let listeners: (() => void)[] = []
  const changed = (): void => {
    const called = listeners
    listeners = []
    for (const listener of called) listener()
  }
  const cursors = await loadCursors(store, saver)
  const groups = await loadGroups(store, check)
  const engine: Engine = {
    account,
    api: apiOf(http, bearers, stop.signal),
    store,
    saver,
    inbox,
    locks: newLocks(),
    cipherSuite: options.cipherSuite ?? defaultSuiteId,
    groups,
    verifyChain,
    check,
    // After a restart nobody knows how much was left unread: the first Commit reads the queue.
    ownCommitsSinceRead: new Map([...groups.keys()].map((group) => [group, Infinity])),
    drain: async () => {
      await fanOut.drain()
      engine.ownCommitsSinceRead.clear()
    },
    settleSoon: (group: GroupId) => {
      work.groups.add(group)
      changed()
    },
    replenishSoon: (lastResortUsed = false) => {
      if (lastResortUsed) work.keyPackages = 'lastResortUsed'
      else if (work.keyPackages === 'enough') work.keyPackages = 'low'
      changed()
    },
    signal: stop.signal,
  }
  const readerOf = (queue: Account['queue'], direct: boolean) =>
    queueReader(engine, cursors, {
      queue,
      direct,
      process: dispatchTo(engine, cursors, queue),
      onCursorExpired: () => {
        cursors.forget(queue)
        if (direct) return
        loseAll(engine, 'the homeserver was restored from a backup')
        engine.replenishSoon()
      },
      onDisplaced: () => {
        inbox.push({ type: 'displaced' })
        // Nothing else comes that would save it; a save that fails is made up for by the next one.
        saver.flush().catch(() => undefined)
      },
    })
  const fanOut = readerOf(account.queue, false)
  const direct = readerOf(account.directQueue, true)
  const onWork = (listener: () => void): void => {
    listeners.push(listener)
  }
  const client = clientOf(engine, runnerOf(engine, work, [direct, fanOut], stop, onWork))
  return { engine, work, client }
}
