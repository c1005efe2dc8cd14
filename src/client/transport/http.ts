/** One HTTP exchange with the homeserver, tried again under the same Idempotency-Key until it is answered. */
import { NotAHomeserver } from './notAHomeserver.js'
import { isRefusal, isTransient, type Problem, Refused, Unreachable } from './refused.js'
import { serverAddress } from './serverAddress.js'
import { newServerClock, type ServerClock } from './serverClock.js'
import { backoffMs, reasonOf, wait } from './wait.js'

export type Call = {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With its query; ids in it percent-encoded. */
  readonly path: string
  readonly token?: string
  /** A function makes the body anew for each attempt: an assertion is good once. */
  readonly json?: object | (() => Promise<object>)
  /** An MLSMessage or several, instead of JSON. */
  readonly mls?: Uint8Array
  readonly idempotencyKey?: string
  readonly ifMatch?: string
  /** It is not tried again: later it is worth nothing. */
  readonly once?: true
  /** Confirmed-Transcript-Hash of a send. */
  readonly transcript?: string
  /** Asks for message/mls or other bytes instead of JSON. */
  readonly accept?: 'message/mls'
  /** Other bytes to be sent; `headers` say what they are. */
  readonly body?: Uint8Array<ArrayBuffer>
  readonly headers?: { readonly [name: string]: string }
}

export type Answer = {
  readonly status: number
  readonly json: unknown
  readonly bytes: Uint8Array
  readonly headers: Headers
}

export type Http = {
  /** Refusals are thrown as Refused, silence longer than `patienceMs` as Unreachable. */
  readonly exchange: (call: Call, signal: AbortSignal) => Promise<Answer>
  /** The same, whose answer is still to be read: its body ends with the signal, and no other time is set to it. */
  readonly open: (call: Call, signal: AbortSignal) => Promise<Response>
  /** The discovery document of the server in use. */
  readonly discover: (signal: AbortSignal) => Promise<Discovery>
  readonly clock: ServerClock
}

export type Discovery = {
  readonly domain: string
  readonly baseUrl: string
  readonly websocketUrl: string
  readonly limits?: { readonly [name: string]: number }
  /** Absent where it does not push. */
  readonly push?: { readonly vapidKey: string }
}

const attemptTimeoutMs = 30_000
/** Of a body that takes longer than that, bytes in a second at least. */
const bodyBytesPerSecondMin = 8_192
/** A server that says it is busy will have time; one that does not answer starts again, or is not there. */
const patienceWithBusyMs = 60_000
const patienceWithNobodyMs = 15_000
/** A server that has never answered is rather at another address than away for a moment. */
const firstPatienceMs = 5_000

/** `patienceMs`: undefined is a minute for the busy and some seconds where nobody answers, here or at another server. */
export const httpTo = (servers: readonly unknown[], patienceMs?: number): Http => {
  const bases = servers.map(serverAddress)
  const clock = newServerClock(Date.now)
  let current = 0
  let answered = false
  const base = (): string => bases[current % bases.length] ?? ''
  const patienceWith = (outcome: 'busy' | 'elsewhere' | 'failure'): number => {
    if (patienceMs !== undefined) return patienceMs
    if (outcome === 'busy') return patienceWithBusyMs
    return answered ? patienceWithNobodyMs : firstPatienceMs
  }
  const heard = ({ headers }: Response): void => {
    answered = true
    clock.hear(headers.get('date'))
  }
  const ask = async <T>(call: Call, signal: AbortSignal, read: Read<T>): Promise<T> => {
    const began = Date.now()
    for (let attempt = 0; ; attempt++) {
      const firstMs = answered || patienceMs !== undefined ? attemptTimeoutMs : firstPatienceMs
      const timeoutMs = firstMs + ((call.body?.length ?? 0) / bodyBytesPerSecondMin) * 1000
      const outcome = await attemptOnce(base(), call, read, { signal, timeoutMs, heard })
      if (outcome.type === 'answer') return outcome.answer
      if (outcome.type === 'failure') current++
      const delay = outcome.retryAfterMs ?? backoffMs(attempt)
      if (call.once === true || Date.now() + delay > began + patienceWith(outcome.type)) throw outcome.error
      await wait(delay, signal)
    }
  }
  const exchange: Http['exchange'] = (call, signal) => ask(call, signal, readWhole)
  const open: Http['open'] = (call, signal) => ask(call, signal, (response) => Promise.resolve(response))
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
  return { exchange, open, discover, clock }
}

const isDiscovery = (json: unknown): json is Discovery =>
  typeof json === 'object' && json !== null && 'baseUrl' in json && 'websocketUrl' in json && 'domain' in json

type Outcome<T> =
  | { readonly type: 'answer'; readonly answer: T }
  | {
      readonly type: 'busy' | 'elsewhere' | 'failure'
      readonly retryAfterMs: number | undefined
      readonly error: Error
    }

/** What is made of an answer that is no refusal; the attempt lasts until it resolves. */
type Read<T> = (response: Response) => Promise<T>

type Attempt = {
  readonly signal: AbortSignal
  readonly timeoutMs: number
  readonly heard: (response: Response) => void
}

const attemptOnce = async <T>(
  base: string,
  call: Call,
  read: Read<T>,
  { signal, timeoutMs, heard }: Attempt,
): Promise<Outcome<T>> => {
  const late = new AbortController()
  const request = await requestOf(call, AbortSignal.any([signal, late.signal]))
  const timer = setTimeout(() => {
    late.abort(new DOMException(`no answer in ${timeoutMs} ms`, 'TimeoutError'))
  }, timeoutMs)
  try {
    const response = await fetch(`${base}${call.path}`, request)
    heard(response)
    if (response.ok) return { type: 'answer', answer: await read(response) }
    return refusalIn(response, await readWhole(response))
  } catch (error) {
    if (isRefusal(error)) throw error
    if (signal.aborted) throw reasonOf(signal)
    return { type: 'failure', retryAfterMs: undefined, error: new Unreachable(base, error) }
  } finally {
    clearTimeout(timer)
  }
}

/** Throws what is final. */
const refusalIn = ({ status, headers }: Response, { json }: Answer): Outcome<never> => {
  const error = new Refused(problemOf(status, json))
  if (!isTransient(error.problem)) throw error
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  const type = error.code === 'peer-unreachable' ? 'elsewhere' : 'busy'
  return { type, retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : undefined, error }
}

const readWhole: Read<Answer> = async (response) => {
  const bytes = new Uint8Array(await response.arrayBuffer())
  const { status, headers } = response
  const isJson = headers.get('content-type')?.includes('json') === true
  return { status, headers, bytes, json: isJson ? parse(bytes) : undefined }
}

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
  for (const [name, value] of Object.entries(call.headers ?? {})) headers.set(name, value)
  const body = call.body ?? (call.mls === undefined ? text : new Uint8Array(call.mls))
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
