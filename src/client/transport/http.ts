/** One HTTP exchange with the homeserver, tried again under the same Idempotency-Key until it is answered. */
import { type Problem, Refused, Unreachable } from './refused.js'
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
}

export type Discovery = { readonly domain: string; readonly baseUrl: string; readonly websocketUrl: string }

const attemptTimeoutMs = 30_000

export const httpTo = (servers: readonly string[], patienceMs: number): Http => {
  const bases = servers.map((server) => server.replace(/\/+$/, ''))
  let current = 0
  const base = (): string => bases[current % bases.length] ?? ''
  const exchange = async (call: Call, signal: AbortSignal): Promise<Answer> => {
    const deadline = Date.now() + patienceMs
    for (let attempt = 0; ; attempt++) {
      const outcome = await attemptOnce(base(), call, signal)
      if (outcome.type === 'answer') return outcome.answer
      if (outcome.type === 'failure') current++
      const delay = outcome.retryAfterMs ?? backoffMs(attempt)
      if (Date.now() + delay > deadline) throw outcome.error
      await wait(delay, signal)
    }
  }
  const discover = async (signal: AbortSignal): Promise<Discovery> => {
    const { json } = await exchange({ method: 'GET', path: '/.well-known/mls-homeserver' }, signal)
    return json as Discovery
  }
  return { exchange, discover }
}

type Outcome =
  | { readonly type: 'answer'; readonly answer: Answer }
  | { readonly type: 'busy' | 'failure'; readonly retryAfterMs: number | undefined; readonly error: Error }

const attemptOnce = async (base: string, call: Call, signal: AbortSignal): Promise<Outcome> => {
  const request = await requestOf(call, signal)
  let response: Response
  let bytes: Uint8Array
  try {
    response = await fetch(`${base}${call.path}`, request)
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
    signal: AbortSignal.any([signal, AbortSignal.timeout(attemptTimeoutMs)]),
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
  return { ...fields, status, code, title }
}
