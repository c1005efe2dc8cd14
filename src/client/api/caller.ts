/** Asking the homeserver as somebody: as the client, as its fan-out queue, or as nobody yet. */
import type { Answer, Call, Http } from '../transport/http.js'
import { isRefusal } from '../transport/refused.js'
import { within } from '../transport/wait.js'
import { type Bearer, type Token, type Tokens, tokensFrom } from '../transport/tokens.js'

export type Cursor = string
export type Json = { readonly [field: string]: unknown }

/** Who asks: the client and its fan-out queue have tokens of their own, and the server cannot join the two. */
export type Bearers = { readonly client: () => Bearer; readonly queue: () => Bearer }

export type Caller = {
  readonly anonymous: (call: Call) => Promise<Json>
  readonly asClient: (call: Call) => Promise<Json>
  /** As the client, with the answer's headers. */
  readonly answerAsClient: (call: Call) => Promise<Answer>
  /** As the client; the body of the answer is still to be read. */
  readonly openAsClient: (call: Call) => Promise<Response>
  readonly asQueue: (call: Call) => Promise<Answer>
  /** Reads as the client: what it sees is at least what the client's last command led to, while it is the same log. */
  readonly get: (path: string) => Promise<Json>
  /** Commands as the client. The same key again is the same command. */
  readonly command: (
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    idempotencyKey: string,
    json?: object,
  ) => Promise<Json>
  readonly clientToken: () => Promise<Token>
  readonly queueToken: () => Promise<Token>
}

/** One account's callers, each within a signal of its own; they share tokens, and what their commands led to. */
export const callersOf = (
  http: Http,
  bearers: Bearers,
  stop: AbortSignal,
  heard: (position: Cursor) => void,
): ((signal: AbortSignal) => Caller) => {
  const tokens = tokensFrom(http, stop)
  const after = newOwnPosition()
  return (signal) => callerOf({ http, bearers, tokens, after, heard }, signal)
}

type Shared = {
  readonly http: Http
  readonly bearers: Bearers
  readonly tokens: Tokens
  readonly after: OwnPosition
  readonly heard: (position: Cursor) => void
}

const callerOf = ({ http, bearers, tokens, after, heard }: Shared, signal: AbortSignal): Caller => {
  const withToken = async <T>(ask: Ask<T>, bearer: Bearer, call: Call): Promise<T> => {
    const { value } = await within(signal, tokens.tokenFor(bearer))
    try {
      return await ask({ ...call, token: value }, signal)
    } catch (error) {
      // By its status: the answer to a HEAD has no code.
      if (!isRefusal(error) || error.problem.status !== 401) throw error
      const renewed = await within(signal, tokens.tokenFor(bearer, true))
      return ask({ ...call, token: renewed.value }, signal)
    }
  }
  const answerAsClient: Caller['answerAsClient'] = (call) => withToken(http.exchange, bearers.client(), call)
  const asClient = async (call: Call): Promise<Json> => {
    const json = (await answerAsClient(call)).json as Json
    if (typeof json['position'] === 'string') heard(json['position'])
    const group = groupPathIn(call.path)
    if (typeof json['accepted'] === 'string' && group !== undefined) after.accepted.set(group, json['accepted'])
    return json
  }
  return {
    anonymous: async (call) => (await http.exchange(call, signal)).json as Json,
    asClient,
    answerAsClient,
    openAsClient: (call) => withToken(http.open, bearers.client(), call),
    asQueue: (call) => withToken(http.exchange, bearers.queue(), call),
    ...afterOwnCommands(asClient, after),
    clientToken: () => within(signal, tokens.tokenFor(bearers.client())),
    queueToken: () => within(signal, tokens.tokenFor(bearers.queue())),
  }
}

type Ask<T> = (call: Call, signal: AbortSignal) => Promise<T>

/** Where the log was after this client's last command, for its reads to ask to see at least that. */
type OwnPosition = {
  position: Cursor | undefined
  /** Of groups of other servers, by their paths: what was accepted there last and may not have come back. */
  readonly accepted: Map<string, string>
}
const newOwnPosition = (): OwnPosition => ({ position: undefined, accepted: new Map() })

const groupPathIn = (path: string): string | undefined => /^\/v1\/groups\/[^/?]+/.exec(path)?.[0]

const withAtLeast = (path: string, atLeast: string): string =>
  `${path}${path.includes('?') ? '&' : '?'}atLeast=${encodeURIComponent(atLeast)}`

const afterOwnCommands = (asClient: Caller['asClient'], own: OwnPosition): Pick<Caller, 'get' | 'command'> => ({
  get: async (path) => {
    const back = await afterAccepted(asClient, own, path)
    if (back !== undefined) return back
    const { position } = own
    try {
      return await asClient({ method: 'GET', path: position === undefined ? path : withAtLeast(path, position) })
    } catch (error) {
      if (!isRefusal(error, 'cursor-expired')) throw error
      own.position = undefined
      return asClient({ method: 'GET', path })
    }
  },
  command: async (method, path, idempotencyKey, json) => {
    const answer = await asClient({ method, path, idempotencyKey, ...(json === undefined ? {} : { json }) })
    if (typeof answer['position'] === 'string') own.position = answer['position']
    return answer
  },
})

/** Waited for once: where it does not come back in time, what is there is read, as far as it is. */
const afterAccepted = async (
  asClient: Caller['asClient'],
  { accepted }: OwnPosition,
  path: string,
): Promise<Json | undefined> => {
  const group = groupPathIn(path)
  const id = group === undefined ? undefined : accepted.get(group)
  if (group === undefined || id === undefined) return undefined
  try {
    return await asClient({ method: 'GET', path: withAtLeast(path, id), once: true })
  } catch {
    return undefined
  } finally {
    if (accepted.get(group) === id) accepted.delete(group)
  }
}
