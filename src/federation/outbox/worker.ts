/**
 * Sends what is unconfirmed, and records what was confirmed. One worker a server, by lease. It relies on nothing that is not in the
 * log: what a crash forgets is sent again, and the follower ignores it.
 */
import { parkPeer, peerAggregate, takeUpPeer } from '../../commands/peer/peer.js'
import type { Peer } from '../../commands/peer/peer.js'
import type { PeerEvent, PeerPolicy } from '../../events/peer.js'
import type { Anchor, PeerOutboxEvent } from '../../events/peerOutbox.js'
import { peerOutboxShapes, peerStream } from '../../events/peerOutbox.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import type { Random } from '../../ports/random.js'
import { derivedId } from '../../streams/commandId.js'
import type { Decide } from '../../streams/decider.js'
import type { Streams } from '../../streams/streams.js'
import type { Heard, Notify } from '../item.js'
import { backingOff, isOver, isPaused } from './backoff.js'
import { batchFrom, isFull, nextAfter } from './batch.js'
import type { Batch } from './batch.js'
import type { ContentDependencies } from './content.js'
import { fallingOut } from './falling.js'
import type { QueueLimits } from './falling.js'
import type { Hold, Served } from './hold.js'
import { after } from './numbering.js'
import { newPeerMemory, seenHere, statusOf } from './peerMemory.js'
import type { OutboxStatus, PeerMemory, PeerSeenHere } from './peerMemory.js'
import type { PeerRow } from './peerRows.js'
import { heedAct, mayFall, rests } from './resting.js'
import type { FollowRow, ItemRow } from './schema.js'
import type { OutboxView } from './view.js'

export type WorkerDependencies = ContentDependencies & {
  readonly streams: Pick<Streams, 'readAt' | 'append' | 'execute'>
  readonly view: OutboxView
  readonly notify: Notify
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  readonly logger: Logger
  readonly limits: QueueLimits
  /** Runs what is done for a peer while no other process does anything for it. */
  readonly hold: Hold
  /** Whether one of which an operator said so is spoken to. */
  readonly speaksTo: (peer: Domain, policy: PeerPolicy) => boolean
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

/** What became of a group's turn; `whole`: it has all there was a moment ago. */
type Sent = 'answered' | 'whole' | 'unanswered' | 'nothing'

const requestsPerPeerMax = 3
const confirmEveryMs = 1_000
/** A group has so long: then others have their turn, and what was heard is confirmed. */
const turnMs = 200
const stoppedMsMin = 60_000

export const makeOutboxWorker = (deps: WorkerDependencies): OutboxWorker => {
  const { streams, view, notify, clock, logger, limits, hold, speaksTo } = deps
  const again = backingOff(deps)
  const peers = new Map<Domain, PeerMemory>()
  /** As they stood at the last look. */
  let rows: ReadonlyMap<string, PeerRow> = new Map()
  /** Rows that stand further back than they did are being rebuilt: their numbers are not to be relied on. */
  let seen = 0

  const peerOf = (domain: Domain): PeerMemory => {
    const known = peers.get(domain)
    if (known !== undefined) return known
    const fresh = newPeerMemory()
    peers.set(domain, fresh)
    return fresh
  }

  /** What it says is content enough for an id: the same words twice have one effect. */
  const say = async (domain: Domain, event: PeerOutboxEvent, what: string): Promise<void> => {
    const command = { id: derivedId(peerStream(domain), event.type, what), bodyHash: 'outbox', at: clock.now() }
    await streams.append({ shapes: peerOutboxShapes }, peerStream(domain), command, event)
  }

  /** What the fold of the peer tells, too. */
  const decide = async (domain: Domain, decided: Decide<Peer, PeerEvent>, what: string): Promise<void> => {
    const at = clock.now()
    const command = { id: derivedId(peerStream(domain), what, String(at)), bodyHash: 'outbox', at }
    await streams.execute(peerAggregate, peerStream(domain), command, decided)
  }

  const confirm = async (domain: Domain, groups: Readonly<Record<string, Anchor>>): Promise<void> => {
    await say(domain, { type: 'PeerConfirmed', data: { groups } }, JSON.stringify(groups))
  }

  /** At most once a second, unless it is the first word about a group. */
  const confirmHeard = async (domain: Domain, peer: PeerMemory, follows: readonly FollowRow[]): Promise<void> => {
    const first = follows.filter(({ anchored }) => !anchored).map(({ group, anchor }) => [group, anchor] as const)
    if (first.length > 0) await confirm(domain, Object.fromEntries(first))
    // A clock that leaps back keeps nothing from being confirmed.
    if (peer.heard.size === 0 || Math.abs(clock.now() - peer.confirmedAt) < confirmEveryMs) return
    const ahead = follows.filter(({ group, anchor }) => (peer.heard.get(group)?.sequence ?? 0) > anchor.sequence)
    const groups = ahead.flatMap(({ group }) => {
      const anchor = peer.heard.get(group)
      return anchor === undefined ? [] : [[group, anchor] as const]
    })
    peer.confirmedAt = clock.now()
    if (groups.length > 0) await confirm(domain, Object.fromEntries(groups))
  }

  /** What was heard and is confirmed is known by the rows. */
  const forgetConfirmed = ({ heard }: PeerMemory, follows: readonly FollowRow[]): void => {
    const confirmed = new Map(follows.map(({ group, anchor }) => [group, anchor.sequence] as const))
    for (const [group, { sequence }] of heard) if (sequence <= (confirmed.get(group) ?? Infinity)) heard.delete(group)
  }

  const letFall = async (domain: Domain, peer: PeerMemory, row: PeerRow | undefined): Promise<boolean> => {
    const now = clock.now()
    const gap = await fallingOut(view, domain, limits, now)
    if (gap === undefined) {
      peer.lookedAt = now
      peer.droppedAt = row?.droppedAt ?? -Infinity
      return false
    }
    // What the peer is known to have is confirmed first: a gap stands only for what it has not got.
    const heard = peer.heard.get(gap.group)
    if (heard !== undefined && heard.sequence > gap.fromSequence) {
      peer.confirmedAt = -Infinity
      return false
    }
    await say(domain, { type: 'PeerGap', data: gap }, `${gap.group} ${gap.fromSequence} ${gap.toSequence}`)
    return true
  }

  const stop = (domain: Domain, peer: PeerMemory, group: string, why: string): void => {
    const at = clock.now()
    peer.stopped.set(group, { why, at })
    peer.lastError = { at, what: `${group}: ${why}` }
    logger.error('a peer takes nothing more of a group', { peer: domain, group, why })
  }

  /** A message that the log has no more leaves a gap, once all before it is confirmed; anything else cannot be done without. */
  const missing = async (
    domain: Domain,
    peer: PeerMemory,
    { group, anchor }: FollowRow,
    row?: ItemRow,
  ): Promise<void> => {
    if (row === undefined) return
    if (row.kind !== 'message') {
      stop(domain, peer, group, `item ${row.sequence} is not there any more`)
      return
    }
    if (anchor.sequence < row.sequence) {
      peer.confirmedAt = -Infinity
      return
    }
    const { sequence, through, revision } = row
    const gap = { fromSequence: sequence, toSequence: through, count: 1, messagesRevision: revision }
    await say(domain, { type: 'PeerGap', data: { group: group as GroupId, ...gap } }, `${group} ${sequence} ${through}`)
  }

  /** One request, and as long as it has its turn one after another: behind a full one the next is made while that is under way. */
  const send = async (domain: Domain, peer: PeerMemory, follow: FollowRow, mustEnd: () => boolean): Promise<Sent> => {
    const { group, anchor } = follow
    const until = clock.now() + turnMs
    const at = (from: number): Promise<Batch> => batchFrom(deps, { peer: domain, group, from })
    let batch = await at(Math.max(anchor.sequence, peer.heard.get(group)?.sequence ?? 0))
    for (let sent: Sent = 'nothing'; ;) {
      if (batch.items.length === 0) {
        await missing(domain, peer, follow, batch.rows[0])
        return sent === 'answered' && batch.rows.length === 0 ? 'whole' : sent
      }
      const from = nextAfter(batch)
      const following = isFull(batch) ? at(from) : undefined
      // Whatever becomes of it, the answer is heard first.
      following?.catch(() => undefined)
      sent = await ask(domain, peer, follow, batch)
      const isTaken = sent === 'answered' && peer.heard.get(group)?.sequence === from
      if (!isTaken || mustEnd() || clock.now() >= until || (await isToRest(domain, peer))) return sent
      const made = await following
      batch = made !== undefined && isFull(made) ? made : await at(from)
    }
  }

  const isToRest = async (domain: Domain, peer: PeerMemory): Promise<boolean> => {
    const row = await view.peer(domain)
    return rests(peer, row, clock.now(), isSpokenTo(domain, row))
  }

  const ask = async (domain: Domain, peer: PeerMemory, follow: FollowRow, { rows, items }: Batch): Promise<Sent> => {
    let answer: Heard
    peer.counts.tries++
    try {
      answer = await notify(domain, follow.group as GroupId, items)
    } catch (error) {
      logger.warn('a peer did not answer', { peer: domain, error: String(error) })
      peer.counts.unanswered++
      peer.lastError = { at: clock.now(), what: String(error) }
      return 'unanswered'
    }
    peer.answeredAt = clock.now()
    return take(domain, peer, follow, rows.slice(0, items.length), answer) ? 'answered' : 'nothing'
  }

  /** Whether it moved on, or is to be asked elsewhere. Believed is only what it can have: no more than it was sent. */
  const take = (
    domain: Domain,
    peer: PeerMemory,
    { group, anchor }: FollowRow,
    sent: readonly ItemRow[],
    answer: Heard,
  ): boolean => {
    if (answer.status === 'later') {
      peer.later.set(group, again(peer.later.get(group)))
      return false
    }
    peer.later.delete(group)
    const { next } = answer
    const through = sent.at(-1)?.through ?? -1
    const impossible =
      next > through + 1
        ? `it expects ${next}, and was sent ${through}`
        : next < anchor.sequence
          ? `it lost what it had confirmed: ${next}`
          : undefined
    if (impossible !== undefined) {
      stop(domain, peer, group, impossible)
      return false
    }
    const taken = sent.filter((one) => one.through < next)
    const last = taken.at(-1)
    peer.counts.sent += taken.length
    // One that takes nothing of what it says it expects is not sent the same again at once.
    const moves = last !== undefined || (answer.status === 'unexpected' && peer.heard.delete(group))
    if (last !== undefined) peer.heard.set(group, after(last))
    if (answer.status === 'refused') {
      peer.counts.refused++
      stop(domain, peer, group, answer.reason)
    }
    return moves
  }

  const serve = async (domain: Domain, row: PeerRow | undefined, ends: boolean): Promise<Served> => {
    const peer = peerOf(domain)
    if (ends) peer.confirmedAt = -Infinity
    const follows = await view.unconfirmed(domain)
    forgetConfirmed(peer, follows)
    await confirmHeard(domain, peer, follows)
    if (ends) return 'rests'
    const now = clock.now()
    if (mayFall(peer, row, limits, now) && (await letFall(domain, peer, row))) return 'waits'
    if (rests(peer, row, now, isSpokenTo(domain, row))) return peer.heard.size > 0 ? 'waits' : 'rests'
    const sent = await sendAll(domain, peer, follows)
    if (sent.includes('unanswered')) {
      await fail(domain, peer, row)
      return peer.heard.size > 0 ? 'waits' : 'rests'
    }
    peer.failing = undefined
    if (sent.includes('answered')) return 'more'
    return peer.heard.size > 0 || follows.some(({ anchored }) => !anchored) ? 'waits' : 'rests'
  }

  const isSpokenTo = (domain: Domain, row: PeerRow | undefined): boolean => speaksTo(domain, row?.policy ?? 'byDefault')

  const sendAll = async (domain: Domain, peer: PeerMemory, follows: readonly FollowRow[]): Promise<readonly Sent[]> => {
    const now = clock.now()
    const queue = follows.filter(
      ({ group, anchored }) => anchored && !peer.stopped.has(group) && !isPaused(peer.later.get(group), now),
    )
    const sent: Sent[] = []
    const mustEnd = (): boolean => queue.length > 0 || sent.includes('unanswered')
    const line = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const one = await send(domain, peer, next, mustEnd)
        sent.push(one)
        if (one === 'unanswered') queue.length = 0
      }
    }
    await Promise.all(Array.from({ length: requestsPerPeerMax }, line))
    return sent
  }

  const fail = async (domain: Domain, peer: PeerMemory, row: PeerRow | undefined): Promise<void> => {
    const now = clock.now()
    peer.failing = again(peer.failing)
    const movedAt = row?.movedAt ?? now
    if (!isOver(peer.failing, movedAt, now)) return
    const since = Math.min(peer.failing.since, movedAt)
    logger.error('a peer was away for a week, nothing is sent to it', { peer: domain })
    await decide(domain, parkPeer(since), 'park')
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
    const isResting = peer.served === 'rests' && peer.heard.size === 0 && rests(peer, row, now, isSpokenTo(domain, row))
    if (isResting && !mayFall(peer, row, limits, now)) return 'rests'
    peer.served = await hold(domain, (ends) => serve(domain, row, ends))
    return peer.served
  }

  return {
    due,
    serve: serveUnlessResting,
    wake: async (domain) => {
      const peer = peers.get(domain) ?? newPeerMemory()
      peer.failing = undefined
      // Whoever shows itself all the time is not asked all the time what it refused.
      for (const [group, { at }] of peer.stopped)
        if (Math.abs(clock.now() - at) >= stoppedMsMin) peer.stopped.delete(group)
      const row = await view.peer(domain)
      if ((row?.parkedSince ?? null) !== null) await decide(domain, takeUpPeer(), 'takeUp')
    },
    status: () => statusOf(peers),
    seen: (domain) => {
      const peer = peers.get(domain)
      return peer === undefined ? undefined : seenHere(peer)
    },
    known: () => peers.keys(),
  }
}
