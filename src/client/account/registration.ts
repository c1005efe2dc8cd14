/** The steps from nothing to an account, each saved before it is taken, so that a crash between any two is made good by a second run. */
import { type ClientId, type Domain, domainOf, parseDomain, type UserId } from '../../mls/wire/ids.js'
import { equalBytes } from '../../mls/bytes/bytes.js'
import { certificateRequest } from '../crypto/csr.js'
import { keyPairOf, newKeyPair } from '../crypto/ed25519.js'
import { randomId } from '../crypto/random.js'
import { decodeRecord, encodeRecord } from '../store/record.js'
import type { Store } from '../store/store.js'
import type { Registered } from '../api/account.js'
import { apiOf } from '../api/api.js'
import type { Http } from '../transport/http.js'
import { chainVerifier } from '../trust/chainVerifier.js'
import { formerOf, leadsTo } from '../trust/pinnedRoots.js'
import { Untrusted } from '../trust/untrusted.js'
import { type Account, accountChange } from './account.js'
import { linkedChange } from './linked.js'

/** A registration under way. */
export type Registration = {
  readonly user: UserId
  readonly client: ClientId
  readonly seed: Uint8Array
  readonly queueSeed: Uint8Array
  readonly csr: Uint8Array
  /** Idempotency-Keys of the two commands. */
  readonly registerKey: string
  readonly queueCommandKey: string
}

export const registrationKey = 'registration'

export const loadRegistration = async (store: Store): Promise<Registration | undefined> => {
  const bytes = await store.get(registrationKey)
  return bytes === undefined ? undefined : (decodeRecord(bytes) as Registration)
}

/** Takes up the registration in the store, or begins one: for a new user, or as another client of `user`. */
export const beginRegistration = async (
  http: Http,
  store: Store,
  user: UserId | undefined,
  signal: AbortSignal,
): Promise<Registration> => {
  const begun = await loadRegistration(store)
  return begun ?? newRegistration(store, user, await anonymousApi(http, signal).account.newIds(user))
}

/** `user`: whose further client it is; undefined: of a new user. */
export const newRegistration = async (
  store: Store,
  user: UserId | undefined,
  ids: { readonly user: UserId; readonly client: ClientId },
): Promise<Registration> => {
  const keys = newKeyPair()
  const registration: Registration = {
    user: user ?? ids.user,
    client: ids.client,
    seed: keys.seed,
    queueSeed: newKeyPair().seed,
    csr: await certificateRequest(keys, user ?? ids.user, ids.client),
    registerKey: randomId(),
    queueCommandKey: randomId(),
  }
  await store.write([{ key: registrationKey, value: encodeRecord(registration) }])
  return registration
}

/** Registers, makes the fan-out queue, and saves the account. `submit` is the command that makes the client known. */
export const finishRegistration = async (input: {
  readonly http: Http
  readonly store: Store
  readonly registration: Registration
  /** Roots that the application knows already, by domain; else the server's is believed this once. */
  readonly pinned: { readonly [domain: string]: Uint8Array } | undefined
  /** That the user registers with; undefined: it has one. */
  readonly handle: string | undefined
  readonly submit: (api: ReturnType<typeof anonymousApi>) => Promise<Registered>
  /** The approval of the client that let this one in. */
  readonly approval?: string
  readonly signal: AbortSignal
}): Promise<Account> => {
  const { http, store, registration, signal } = input
  const registered = await input.submit(anonymousApi(http, signal))
  const { seed, queueSeed } = registration
  const api = apiOf(http, { client: () => ({ id: registration.client, seed }), queue: noBearer }, signal)
  const { roots, formerRoots } = await rootsOf(api, registration, input.pinned)
  const { publicKey: signatureKey } = keyPairOf(seed)
  const domain = domainOf(registration.client)
  const identity = await chainVerifier((of) => Promise.resolve(roots[of]))(registered.certificates, signatureKey)
  if (identity?.user !== registration.user || identity.client !== registration.client)
    throw new Untrusted('the server vouches for us by a certificate that is not ours')
  const queue = await api.queues.create(registration.queueCommandKey, keyPairOf(queueSeed).publicKey)
  const { keyId, publicKey } = await api.queues.sealingKey()
  const account: Account = {
    user: registration.user,
    client: registration.client,
    handle: input.handle,
    domain,
    directQueue: registered.directQueue,
    certificates: registered.certificates,
    seed,
    signatureKey,
    queue,
    queueSeed,
    queueKey: { domain, keyId, publicKey },
    roots,
    formerRoots,
  }
  const linked = input.approval === undefined ? [] : [linkedChange({ csr: registration.csr, approval: input.approval })]
  await store.write([accountChange(account), ...linked, { key: registrationKey, value: undefined }])
  return account
}

const noBearer = (): never => {
  throw new Error('no queue yet')
}

export const anonymousApi = (http: Http, signal: AbortSignal) =>
  apiOf(http, { client: noBearer, queue: noBearer }, signal)

const rootsOf = async (
  api: ReturnType<typeof anonymousApi>,
  { client }: Registration,
  pinned: { readonly [domain: string]: Uint8Array } | undefined,
): Promise<Required<Pick<Account, 'roots' | 'formerRoots'>>> => {
  const domain: Domain = domainOf(client)
  const published = await api.account.authority()
  if (parseDomain(published.domain) !== domain) throw new Untrusted(`the server is ${published.domain}, not ${domain}`)
  const pinnedRoot = pinned?.[domain]
  const roots = { [domain]: published.root }
  if (pinnedRoot === undefined) return { roots, formerRoots: await formerOf(domain, published) }
  if (equalBytes(pinnedRoot, published.root)) return { roots, formerRoots: [] }
  if (!(await leadsTo(domain, pinnedRoot, published)))
    throw new Untrusted('the published root is not the one that was pinned')
  return { roots, formerRoots: [pinnedRoot] }
}
