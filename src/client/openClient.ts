/** Opening a client: from its store, or by making an account first. */
import type { UserId } from '../mls/wire/ids.js'
import { toBase64url } from '../mls/bytes/base64url.js'
import { type Account, bearersOf, loadAccount } from './account/account.js'
import { replenishKeyPackages, sweepKeyPackages } from './account/keyPackages.js'
import { linkText } from './account/link.js'
import { beginRegistration, finishRegistration, loadRegistration } from './account/registration.js'
import { apiOf } from './api/api.js'
import { resumeFiles } from './assets/upload/resumeFiles.js'
import { expectText, expectUser } from './arguments.js'
import { assembleClient, type Assembled } from './assembleClient.js'
import type { Client } from './client.js'
import type { Engine } from './engine/engine.js'
import { resume } from './engine/runner.js'
import { engineWithin } from './engine/within.js'
import type { Work } from './engine/work.js'
import type { Options } from './options.js'
import { type Http, httpTo } from './transport/http.js'

/** Registers a user with its first client. Taken up where it stopped when it is called again with the same store. */
export const createAccount = async (
  options: Options & {
    readonly handle: string
    readonly discovery?: 'exact' | 'prefix' | 'hidden'
    readonly claims?: 'anyone' | 'contacts'
    /** What the server's operator gave, where one is needed to register, or keeps the handle. */
    readonly invitation?: string
  },
): Promise<Client> => {
  expectText('createAccount: handle', options.handle)
  const { http, signal } = connectionOf(options)
  const existing = await loadAccount(options.store)
  if (existing !== undefined) {
    await expectHandle(existing, options.handle, http, signal)
    return openClient(options)
  }
  await http.discover(signal)
  const registration = await beginRegistration(http, options.store, undefined, signal)
  const { user, client, csr } = registration
  await finishRegistration({
    http,
    store: options.store,
    registration,
    pinned: options.roots,
    handle: options.handle,
    submit: (api) =>
      api.account.register(registration.registerKey, {
        user,
        client,
        handle: options.handle,
        csr: toBase64url(csr),
        ...(options.discovery === undefined ? {} : { discovery: options.discovery }),
        ...(options.claims === undefined ? {} : { claims: options.claims }),
        ...(options.invitation === undefined ? {} : { invitation: options.invitation }),
      }),
    signal,
  })
  return openClient(options)
}

/** The store's account is the one that is asked for: whoever asks for another would act as somebody else. */
const expectHandle = async (account: Account, handle: string, http: Http, signal: AbortSignal): Promise<void> => {
  const known = account.handle ?? (await apiOf(http, bearersOf(account), signal).account.view()).handle
  if (known.toLowerCase() !== handle.toLowerCase())
    throw new Error(
      `this store is of "${known}" (${account.user}), not of "${handle}": an account has a store of its own`,
    )
}

/** Begins a new client of an existing user. The text goes to one of its clients, to `approveLink`. */
export const requestLink = async (options: Options & { readonly user: UserId }): Promise<string> => {
  expectUser('requestLink', options.user)
  const existing = await loadAccount(options.store)
  if (existing !== undefined) throw new Error(`this store is of ${existing.client} already`)
  const { http, signal } = connectionOf(options)
  await http.discover(signal)
  const { csr } = await beginRegistration(http, options.store, options.user, signal)
  return linkText(csr)
}

/** Finishes it with what `approveLink` answered. */
export const completeLink = async (options: Options & { readonly approval: string }): Promise<Client> => {
  const registration = await loadRegistration(options.store)
  expectText('completeLink: approval', options.approval)
  if (registration === undefined) return openClient(options)
  const { http, signal } = connectionOf(options)
  const { user, client, csr, registerKey } = registration
  await finishRegistration({
    http,
    store: options.store,
    registration,
    pinned: options.roots,
    handle: undefined,
    approval: options.approval,
    submit: (api) =>
      api.account.addClient(registerKey, { user, client, csr: toBase64url(csr), approval: options.approval }),
    signal,
  })
  return openClient(options)
}

/** Opens the client in the store: what was on its way when it stopped is finished first. */
export const openClient = async (options: Options): Promise<Client> => (await openEngine(options)).client

export const openEngine = async (options: Options): Promise<Pick<Assembled, 'client' | 'engine'>> => {
  const account = await loadAccount(options.store)
  if (account === undefined) throw new Error('there is no account in this store: createAccount makes one')
  const stop = new AbortController()
  const { http } = connectionOf(options)
  const { engine, work, client } = await assembleClient(options, account, http, stop)
  try {
    await begin(options.signal === undefined ? engine : engineWithin(engine, options.signal), work)
    await resumeFiles(engine, options.openFile)
    return { client, engine }
  } catch (error) {
    stop.abort(error)
    throw error
  }
}

const begin = async (engine: Engine, work: Work): Promise<void> => {
  await resume(engine, work)
  const { keyPackages } = work
  if (keyPackages !== 'enough') {
    work.keyPackages = 'enough'
    await replenishKeyPackages(engine, keyPackages).catch(() => {
      work.replenishSoon(keyPackages)
    })
  }
  engine.signal.throwIfAborted()
  await sweepKeyPackages(engine)
}

export const connectionOf = ({
  server,
  patienceMs,
  signal,
}: Options): { readonly http: Http; readonly signal: AbortSignal } => ({
  http: httpTo(Array.isArray(server) ? server : [server], patienceMs),
  signal: signal ?? new AbortController().signal,
})
