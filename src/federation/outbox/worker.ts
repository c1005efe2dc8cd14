/**
 * Sends what is unconfirmed, and records what was confirmed. One worker a server, by lease. It relies on nothing that is not in the
 * log: what a crash forgets is sent again, and the follower ignores it.
 */
import type { Domain } from '../../mls/wire/ids.js'
import { backingOff, isOver, isPaused } from './backoff.js'
import { confirmHeard, forgetConfirmed } from './confirming.js'
import { letFall } from './falling.js'
import type { QueueLimits } from './falling.js'
import type { Hold, Served } from './hold.js'
import { recordPeerFacts } from './peerFacts.js'
import type { PeerFactsDependencies } from './peerFacts.js'
import { newPeerMemory, seenHere, statusOf } from './peerMemory.js'
import type { OutboxStatus, PeerMemory, PeerSeenHere } from './peerMemory.js'
import type { PeerRow } from './peerRows.js'
import { heedAct, mayFall, rests } from './resting.js'
import type { FollowRow } from './schema.js'
import { takeTurn } from './turn/turn.js'
import type { Sent, TurnDependencies } from './turn/turn.js'
import type { OutboxView } from './view.js'

export type WorkerDependencies = PeerFactsDependencies &
  Omit<TurnDependencies, 'facts'> & {
    readonly view: OutboxView
    readonly limits: QueueLimits
    /** Runs what is done for a peer while no other process does anything for it. */
    readonly hold: Hold
  }

export type OutboxWorker = {
  /** The peers to be served; none while the rows are not to be relied on. */
  due(): Promise<readonly Domain[]>
  /** What can be done for one of them now: one request for each group, and more of it where no other group waits. */
  serve(peer: Domain): Promise<Served | 'elsewhere'>
  /** The peer showed itself: it is tried at once, one that was given up for a week among them. */
  wake(peer: Domain): Promise<void>
  status(): OutboxStatus
  /** What this process has seen of one; undefined where it sent it nothing. */
  seen(peer: Domain): PeerSeenHere | undefined
  /** All of which it has seen something. */
  known(): Iterable<Domain>
}

const requestsPerPeerMax = 3
const stoppedMsMin = 60_000

export const makeOutboxWorker = (deps: WorkerDependencies): OutboxWorker => {
  const { view, clock, logger, limits, hold, speaksTo } = deps
  const facts = recordPeerFacts(deps)
  const recording = { ...deps, facts }
  const again = backingOff(deps)
  const peers = new Map<Domain, PeerMemory>()
  /** As they stood at the last look. */
  let rows: ReadonlyMap<string, PeerRow> = new Map()
  /** Rows that stand further back than they did are being rebuilt: their numbers are not to be relied on. */
  let seen = 0

  const peerOf = (domain: Domain): PeerMemory => {
    const known = peers.get(domain)
    if (known !== undefined) return known
    const fresh = newPeerMemory(domain)
    peers.set(domain, fresh)
    return fresh
  }

  const serve = async (peer: PeerMemory, row: PeerRow | undefined, ends: boolean): Promise<Served> => {
    if (ends) peer.confirmedAt = -Infinity
    const follows = await view.unconfirmed(peer.domain)
    forgetConfirmed(peer, follows)
    await confirmHeard(recording, peer, follows)
    if (ends) return 'rests'
    const now = clock.now()
    if (mayFall(peer, row, limits, now) && (await letFall(recording, peer, row))) return 'waits'
    if (rests(peer, row, now, speaksTo)) return peer.heard.size > 0 ? 'waits' : 'rests'
    const sent = await sendAll(peer, follows)
    if (sent.includes('unanswered')) {
      await fail(peer, row)
      return peer.heard.size > 0 ? 'waits' : 'rests'
    }
    peer.failing = undefined
    if (sent.includes('answered')) return 'more'
    return peer.heard.size > 0 || follows.some(({ anchored }) => !anchored) ? 'waits' : 'rests'
  }

  const sendAll = async (peer: PeerMemory, follows: readonly FollowRow[]): Promise<readonly Sent[]> => {
    const now = clock.now()
    const queue = follows.filter(
      ({ group, anchored }) => anchored && !peer.stopped.has(group) && !isPaused(peer.later.get(group), now),
    )
    const sent: Sent[] = []
    const mustEnd = (): boolean => queue.length > 0 || sent.includes('unanswered')
    const line = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const one = await takeTurn(recording, peer, next, mustEnd)
        sent.push(one)
        if (one === 'unanswered') queue.length = 0
      }
    }
    await Promise.all(Array.from({ length: requestsPerPeerMax }, line))
    return sent
  }

  const fail = async (peer: PeerMemory, row: PeerRow | undefined): Promise<void> => {
    const now = clock.now()
    peer.failing = again(peer.failing)
    const movedAt = row?.movedAt ?? now
    if (!isOver(peer.failing, movedAt, now)) return
    const since = Math.min(peer.failing.since, movedAt)
    logger.error('a peer was away for a week, nothing is sent to it', { peer: peer.domain })
    await facts.park(peer.domain, since)
  }

  const due = async (): Promise<readonly Domain[]> => {
    const stands = await view.checkpoint()
    if (stands < seen) return []
    seen = stands
    rows = new Map((await view.peers()).map((row) => [row.peer, row] as const))
    const waiting = [...peers].flatMap(([domain, { heard }]) => (heard.size > 0 ? [domain] : []))
    return [...new Set([...(rows.keys() as Iterable<Domain>), ...waiting])]
  }

  /** Who rests costs nothing: neither a lease nor a read, unless something of it may have to fall out. */
  const serveUnlessResting = async (domain: Domain): Promise<Served | 'elsewhere'> => {
    const row = rows.get(domain) ?? (await view.peer(domain))
    const peer = peerOf(domain)
    heedAct(peer, row)
    const now = clock.now()
    const isResting = peer.served === 'rests' && peer.heard.size === 0 && rests(peer, row, now, speaksTo)
    if (isResting && !mayFall(peer, row, limits, now)) return 'rests'
    peer.served = await hold(domain, (ends) => serve(peer, row, ends))
    return peer.served
  }

  return {
    due,
    serve: serveUnlessResting,
    wake: async (domain) => {
      const peer = peers.get(domain) ?? newPeerMemory(domain)
      peer.failing = undefined
      // Whoever shows itself all the time is not asked all the time what it refused.
      for (const [group, { at }] of peer.stopped)
        if (Math.abs(clock.now() - at) >= stoppedMsMin) peer.stopped.delete(group)
      const row = await view.peer(domain)
      if ((row?.parkedSince ?? null) !== null) await facts.takeUp(domain)
    },
    status: () => statusOf(peers),
    seen: (domain) => {
      const peer = peers.get(domain)
      return peer === undefined ? undefined : seenHere(peer)
    },
    known: () => peers.keys(),
  }
}
