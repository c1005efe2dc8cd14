/** What this process remembers of another server to which it sends: nothing of it that the log does not tell again. */
import type { Anchor } from '../../events/peerOutbox.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { Failing } from './backoff.js'
import type { Served } from './hold.js'

export type PeerMemory = {
  readonly domain: Domain
  failing: Failing | undefined
  confirmedAt: number
  /** What it has, beyond what the log says. */
  readonly heard: Map<string, Anchor>
  readonly stopped: Map<string, StoppedGroup>
  /** Groups that it could not judge when it was asked last. */
  readonly later: Map<string, Failing>
  /** The number of the newest act that was heeded; −1 before the first look. */
  act: number
  /** When no message of it was to fall out, ms; and the moment before which they were to. */
  lookedAt: number
  droppedAt: number
  /** How serving it ended last. */
  served: Served | 'elsewhere'
  answeredAt: number | undefined
  lastError: { readonly at: number; readonly what: string } | undefined
  readonly counts: PeerCounts
}

/** A group of which it is sent no more, and since when, ms. */
export type StoppedGroup = { readonly why: string; readonly at: number }

/** Since this process began: requests, items that it has, items that it refused, requests that it did not answer. */
export type PeerCounts = { tries: number; sent: number; refused: number; unanswered: number }

export const newPeerMemory = (domain: Domain): PeerMemory => ({
  domain,
  failing: undefined,
  confirmedAt: -Infinity,
  heard: new Map(),
  stopped: new Map(),
  later: new Map(),
  act: -1,
  lookedAt: -Infinity,
  droppedAt: -Infinity,
  served: 'rests',
  answeredAt: undefined,
  lastError: undefined,
  counts: { tries: 0, sent: 0, refused: 0, unanswered: 0 },
})

/** For people. */
export type PeerSeenHere = Pick<PeerMemory, 'failing' | 'answeredAt' | 'lastError'> & {
  readonly counts: Readonly<PeerCounts>
  readonly stopped: readonly (StoppedGroup & { readonly group: string })[]
}

export const seenHere = ({ failing, answeredAt, lastError, counts, stopped }: PeerMemory): PeerSeenHere => ({
  failing,
  answeredAt,
  lastError,
  counts: { ...counts },
  stopped: Array.from(stopped, ([group, one]) => ({ group, ...one })),
})

/** Who was given up for now, in as few words as the notes of `/readyz` need. */
export type OutboxStatus = {
  /** They did not answer when they were asked last. */
  readonly failing: readonly Domain[]
  /** Groups of peers that take nothing more, and why. */
  readonly stopped: readonly { readonly peer: Domain; readonly group: string; readonly why: string }[]
}

export const statusOf = (peers: ReadonlyMap<Domain, PeerMemory>): OutboxStatus => ({
  failing: [...peers].filter(([, { failing }]) => failing !== undefined).map(([domain]) => domain),
  stopped: [...peers].flatMap(([peer, { stopped }]) =>
    Array.from(stopped, ([group, { why }]) => ({ peer, group, why })),
  ),
})
