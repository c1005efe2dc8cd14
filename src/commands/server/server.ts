/** The server itself: its domain and keys, fixed by the first event; its log's id; its clock; in older logs its operator token. */
import { parseServerEvent, serverShapes } from '../../events/server.js'
import type { Rotation, ServerEvent, Span } from '../../events/server.js'
import { accept } from '../../streams/decider.js'
import type { Aggregate, Decider } from '../../streams/decider.js'

export type ServerState =
  | { readonly status: 'new' }
  | {
      readonly status: 'initialised'
      readonly domain: string
      readonly logId: string
      readonly keysFingerprint: string
      /** Of older logs: a newer one stands on `operators`. */
      readonly operatorTokenHash: string | undefined
      readonly clock: ServerClock
      /** When the server was down, or its clock leapt, oldest first: in that time nobody could fetch. */
      readonly downtimes: readonly Span[]
      /** The oldest first. */
      readonly rotations: readonly Rotation[]
    }

/** `accepts`: how often an operator said that the clock is right. */
export type ServerClock = { readonly accepts: number } & (
  | { readonly status: 'believed' }
  /** By a process that does not believe its clock; `believed`: what it was when it was believed last, ms. */
  | { readonly status: 'held'; readonly process: string; readonly believed: number }
)

export const serverAggregate: Aggregate<ServerState, ServerEvent> = {
  name: 'server',
  initial: { status: 'new' },
  shapes: serverShapes,
  parse: parseServerEvent,
  evolve: (state, event) => {
    switch (event.type) {
      case 'ServerInitialised':
        return {
          ...{ status: 'initialised', ...event.data, operatorTokenHash: undefined },
          ...{ clock: { status: 'believed', accepts: 0 }, downtimes: [], rotations: [] },
        }
      case 'LogReplaced':
        return state.status === 'new' ? state : { ...state, logId: event.data.logId }
      case 'OperatorTokenIssued':
        return state.status === 'new' ? state : { ...state, operatorTokenHash: event.data.tokenHash }
      case 'KeyRotated':
        return state.status === 'new' ? state : { ...state, rotations: [...state.rotations, event.data] }
      case 'ClockHeld':
      case 'ClockAccepted':
      case 'ServerWasDown':
        return state.status === 'new' ? state : evolveClock(state, event)
    }
  },
  weigh: (state) => 500 + (state.status === 'new' ? 0 : state.downtimes.length * 50 + state.rotations.length * 250),
}

type Initialised = Extract<ServerState, { status: 'initialised' }>
type ClockEvent = Extract<ServerEvent, { type: 'ClockHeld' | 'ClockAccepted' | 'ServerWasDown' }>

const evolveClock = (state: Initialised, event: ClockEvent): Initialised => {
  const { accepts } = state.clock
  switch (event.type) {
    case 'ClockHeld': {
      // Who holds after others holds with them: the oldest reference is the one that nothing has spoiled yet.
      const believed = state.clock.status === 'held' ? state.clock.believed : event.data.believed
      return { ...state, clock: { status: 'held', process: event.data.process, believed, accepts } }
    }
    case 'ClockAccepted': {
      const { by, skipped } = event.data
      const clock = { status: 'believed', accepts: by === 'operator' ? accepts + 1 : accepts } as const
      return { ...state, clock, downtimes: withDowntime(state.downtimes, skipped) }
    }
    case 'ServerWasDown':
      return { ...state, downtimes: withDowntime(state.downtimes, event.data) }
  }
}

/** More are not needed: queues live 90 days after their last fetch. */
const downtimesMax = 2_000

const withDowntime = (known: readonly Span[], span: Span | undefined): readonly Span[] =>
  span === undefined || span.until <= span.from ? known : [...known, span].slice(-downtimesMax)

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

export type ReplaceLog = { readonly logId: string; readonly reason: 'restore' | 'import' }

/** After a restore or an import: positions mean other events now, so the log gets another id. */
export const replaceLog: Decider<ReplaceLog, ServerState, ServerEvent> = (data) => () =>
  accept({ type: 'LogReplaced', data })

export type HoldClock = { readonly process: string; readonly believed: number }

/** A process does not believe its clock. Said once, until it is accepted. */
export const holdClock: Decider<HoldClock, ServerState, ServerEvent> = (data) => (state) =>
  state.status === 'new' || (state.clock.status === 'held' && state.clock.process === data.process)
    ? accept<ServerEvent>()
    : accept({ type: 'ClockHeld', data })

export type AcceptClock = Extract<ServerEvent, { type: 'ClockAccepted' }>['data']

/** The clock is right. An operator may say so before anybody doubts it; others only where it is held. */
export const acceptClock: Decider<AcceptClock, ServerState, ServerEvent> = (data) => (state) =>
  state.status === 'initialised' && (data.by === 'operator' || state.clock.status === 'held')
    ? accept({ type: 'ClockAccepted', data })
    : accept<ServerEvent>()

/** An operator's word at `at`, ms, beside servers that run: nobody could use the time since the clock was doubted. */
export const acceptClockAt: Decider<number, ServerState, ServerEvent> = (at) => (state) => {
  const from = state.status === 'initialised' && state.clock.status === 'held' ? state.clock.believed : at
  return acceptClock({ by: 'operator', ...(from < at ? { skipped: { from, until: at } } : {}) })(state)
}

/** Says how long nothing was written before this start. */
export const noteDowntime: Decider<Span, ServerState, ServerEvent> = (data) => () =>
  accept({ type: 'ServerWasDown', data })

/** Another key is used from now on, or soon. One that was named before was followed by another: it is not named again. */
export const rotateKey: Decider<Rotation, ServerState, ServerEvent> = (data) => (state) =>
  state.status === 'new' || state.rotations.some(({ kind, key }) => kind === data.kind && key === data.key)
    ? accept<ServerEvent>()
    : accept({ type: 'KeyRotated', data })

/** Of a log that was begun; none before. */
export const rotationsOf = (state: ServerState): readonly Rotation[] => (state.status === 'new' ? [] : state.rotations)
