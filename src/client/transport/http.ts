/** One HTTP exchange with the homeserver, tried again under the same Idempotency-Key until it is answered. */
import { NotAHomeserver } from './notAHomeserver.js'
import { isRefusal, type Problem, Refused, Unreachable } from './refused.js'
import { serverAddress } from './serverAddress.js'
import { newServerClock, type ServerClock } from './serverClock.js'
import { backoffMs, reasonOf, wait } from './wait.js'

export type Call = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With its query; ids in it percent-encoded. */
  readonly path: string
  readonly token?: string
  /** A function makes the body anew for each attempt: an assertion is good once. */
  readonly json?: object | (() => Promise<object>)
  /** An MLSMessage or several, instead of JSON. */
  readonly mls?: Uint8Array
  readonly idempotencyKey?: string
  readonly ifMatch?: string
  /** Confirmed-Transcript-Hash of a send. */
  readonly transcript?: string
  /** Asks for message/mls or other bytes instead of JSON. */
  readonly accept?: 'message/mls'
}

export type Answer = { readonly status: number; readonly json: unknown; readonly bytes: Uint8Array }

export type Http = {
  /** Refusals are thrown as Refused, silence longer than `patienceMs` as Unreachable. */
  readonly exchange: (call: Call, signal: AbortSignal) => Promise<Answer>
  /** The discovery document of the server in use. */
  readonly discover: (signal: AbortSignal) => Promise<Discovery>
  readonly clock: ServerClock
}

export type Discovery = { readonly domain: string; readonly baseUrl: string; readonly websocketUrl: string }

const attemptTimeoutMs = 30_000
/** A server that says it is busy will have time; one that does not answer starts again, or is not there. */
const patienceWithBusyMs = 60_000
const patienceWithNobodyMs = 15_000
/** A server that has never answered is rather at another address than away for a moment. */
const firstPatienceMs = 5_000

/** `patienceMs`: undefined is a minute for the busy and some seconds where nobody answers. */
export const httpTo = (servers: readonly unknown[], patienceMs?: number): Http => {
  const bases = servers.map(serverAddress)
  const clock = newServerClock(Date.now)
  let current = 0
  let answered = false
  const base = (): string => bases[current % bases.length] ?? ''
  const patienceWith = (outcome: 'busy' | 'failure'): number => {
    if (patienceMs !== undefined) return patienceMs
    if (outcome === 'busy') return patienceWithBusyMs
    return answered ? patienceWithNobodyMs : firstPatienceMs
  }
  const heard = ({ headers }: Response): void => {
    answered = true
    clock.hear(headers.get('date'))
  }
  const exchange = async (call: Call, signal: AbortSignal): Promise<Answer> => {
    const began = Date.now()
    for (let attempt = 0; ; attempt++) {
      const timeoutMs = answered || patienceMs !== undefined ? attemptTimeoutMs : firstPatienceMs
      const outcome = await attemptOnce(base(), call, { signal, timeoutMs, heard })
      if (outcome.type === 'answer') return outcome.answer
      if (outcome.type === 'failure') current++
      const delay = outcome.retryAfterMs ?? backoffMs(attempt)
      if (Date.now() + delay > began + patienceWith(outcome.type)) throw outcome.error
      await wait(delay, signal)
    }
  }
  const discover = async (signal: AbortSignal): Promise<Discovery> => {
    const asked = base()
    try {
      const { json, status } = await exchange({ method: 'GET', path: '/.well-known/mls-homeserver' }, signal)
      if (!isDiscovery(json)) throw new NotAHomeserver(asked, status)
      return json
    } catch (error) {
      // A problem of ours has a code of its own.
      if (isRefusal(error) && error.code === `http-${error.problem.status}`)
        throw new NotAHomeserver(asked, error.problem.status)
      throw error
    }
  }
  return { exchange, discover, clock }
}

const isDiscovery = (json: unknown): json is Discovery =>
  typeof json === 'object' && json !== null && 'baseUrl' in json && 'websocketUrl' in json && 'domain' in json

type Outcome =
  | { readonly type: 'answer'; readonly answer: Answer }
  | { readonly type: 'busy' | 'failure'; readonly retryAfterMs: number | undefined; readonly error: Error }

type Attempt = {
  readonly signal: AbortSignal
  readonly timeoutMs: number
  readonly heard: (response: Response) => void
}

const attemptOnce = async (base: string, call: Call, { signal, timeoutMs, heard }: Attempt): Promise<Outcome> => {
  const request = await requestOf(call, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]))
  let response: Response
  let bytes: Uint8Array
  try {
    response = await fetch(`${base}${call.path}`, request)
    heard(response)
    bytes = new Uint8Array(await response.arrayBuffer())
  } catch (error) {
    if (signal.aborted) throw reasonOf(signal)
    return { type: 'failure', retryAfterMs: undefined, error: new Unreachable(base, error) }
  }
  const isJson = response.headers.get('content-type')?.includes('json') === true
  const json: unknown = isJson ? parse(bytes) : undefined
  if (response.ok) return { type: 'answer', answer: { status: response.status, json, bytes } }
  const error = new Refused(problemOf(response.status, json))
  if (!isTransient(response.status)) throw error
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return { type: 'busy', retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : undefined, error }
}

/** Too many requests, or a server that is starting, stopping or has lost its store: the same request will do later. */
const isTransient = (status: number): boolean => status === 429 || status === 502 || status === 503 || status === 504

const requestOf = async (call: Call, signal: AbortSignal): Promise<RequestInit> => {
  const headers = new Headers()
  if (call.token !== undefined) headers.set('authorization', `Bearer ${call.token}`)
  if (call.idempotencyKey !== undefined) headers.set('idempotency-key', call.idempotencyKey)
  if (call.ifMatch !== undefined) headers.set('if-match', call.ifMatch)
  if (call.transcript !== undefined) headers.set('confirmed-transcript-hash', call.transcript)
  if (call.accept !== undefined) headers.set('accept', call.accept)
  if (call.mls !== undefined) headers.set('content-type', 'message/mls')
  else if (call.json !== undefined) headers.set('content-type', 'application/json')
  const json = typeof call.json === 'function' ? await (call.json as () => Promise<object>)() : call.json
  const text = json === undefined ? undefined : JSON.stringify(json)
  const body = call.mls === undefined ? text : new Uint8Array(call.mls)
  return {
    method: call.method,
    headers,
    ...(body === undefined ? {} : { body }),
    // An answer out of a cache would tell the time of then.
    cache: 'no-store',
    signal,
  }
}

const parse = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}

const problemOf = (status: number, json: unknown): Problem => {
  const fields: { readonly [field: string]: unknown } = typeof json === 'object' && json !== null ? { ...json } : {}
  const code = typeof fields['code'] === 'string' ? fields['code'] : `http-${status}`
  const title = typeof fields['title'] === 'string' ? fields['title'] : `HTTP status ${status}`
  return { ...fields, status, code, title } as unknown as Problem
}
