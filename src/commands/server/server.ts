/** The server itself: its domain and keys, fixed by the first event; its log's id; its operator token. */
import { parseServerEvent, serverShapes } from '../../events/server.js'
import type { ServerEvent } from '../../events/server.js'
import { accept } from '../../streams/decider.js'
import type { Aggregate, Decider } from '../../streams/decider.js'

export type ServerState =
  | { readonly status: 'new' }
  | {
      readonly status: 'initialised'
      readonly domain: string
      readonly logId: string
      readonly keysFingerprint: string
      readonly operatorTokenHash: string | undefined
    }

export const serverAggregate: Aggregate<ServerState, ServerEvent> = {
  name: 'server',
  initial: { status: 'new' },
  shapes: serverShapes,
  parse: parseServerEvent,
  evolve: (state, event) => {
    switch (event.type) {
      case 'ServerInitialised':
        return { status: 'initialised', ...event.data, operatorTokenHash: undefined }
      case 'LogReplaced':
        return state.status === 'new' ? state : { ...state, logId: event.data.logId }
      case 'OperatorTokenIssued':
        return state.status === 'new' ? state : { ...state, operatorTokenHash: event.data.tokenHash }
    }
  },
  weigh: () => 500,
}

export type InitialiseServer = {
  readonly domain: string
  /** Random, for a log that has no event yet. */
  readonly logId: string
  readonly keysFingerprint: string
}

/**
 * Accepts the first start, and every later one with the same domain and keys. What does not fit is answered by
 * `mismatchOf`: it is the operator's to mend, not a client's.
 */
export const initialiseServer: Decider<InitialiseServer, ServerState, ServerEvent> =
  ({ domain, logId, keysFingerprint }) =>
  (state) =>
    state.status === 'new'
      ? accept({ type: 'ServerInitialised', data: { domain, logId, keysFingerprint } })
      : accept<ServerEvent>()

/** Why this log cannot be served under this configuration: one line for the operator; undefined when it can. */
export const mismatchOf = (state: ServerState, wanted: InitialiseServer): string | undefined => {
  if (state.status === 'new') return undefined
  if (state.domain !== wanted.domain) {
    return `DOMAIN is ${wanted.domain}, but this log belongs to ${state.domain}: a log's domain cannot change`
  }
  if (state.keysFingerprint !== wanted.keysFingerprint) {
    return 'KEYS_DIR holds the keys of another server: this log was begun with others'
  }
  return undefined
}

/** `tokenHash`: SHA-256 of the token, base64url. The newest token holds, older ones are void. */
export const issueOperatorToken: Decider<string, ServerState, ServerEvent> = (tokenHash) => (state) =>
  state.status === 'initialised' && state.operatorTokenHash === tokenHash
    ? accept<ServerEvent>()
    : accept({ type: 'OperatorTokenIssued', data: { tokenHash } })

export type ReplaceLog = { readonly logId: string; readonly reason: 'restore' | 'import' }

/** After a restore or an import: positions mean other events now, so the log gets another id. */
export const replaceLog: Decider<ReplaceLog, ServerState, ServerEvent> = (data) => () =>
  accept({ type: 'LogReplaced', data })
