/**
 * Sends what is unconfirmed, and records what was confirmed. One worker a server, by lease. It relies on nothing that is not in the
 * log: what a crash forgets is sent again, and the follower ignores it.
 */
import type { Anchor, PeerOutboxEvent } from '../../events/peerOutbox.js'
import { peerOutboxShapes, peerStream } from '../../events/peerOutbox.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import type { Random } from '../../ports/random.js'
import { derivedId } from '../../streams/commandId.js'
import type { Streams } from '../../streams/streams.js'
import type { Heard, Notify } from '../item.js'
import { failedAgain, isOver } from './backoff.js'
import type { Failing } from './backoff.js'
import { batchItemsMax, batchOf } from './batch.js'
import type { ContentDependencies } from './content.js'
import { fallingOut } from './falling.js'
import type { QueueLimits } from './falling.js'
import type { Hold, Served } from './hold.js'
import { after } from './numbering.js'
import type { FollowRow, ItemRow } from './schema.js'
import type { OutboxView } from './view.js'

export type WorkerDependencies = ContentDependencies & {
  readonly streams: Pick<Streams, 'readAt' | 'append'>
  readonly view: OutboxView
  readonly notify: Notify
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  readonly logger: Logger
  readonly limits: QueueLimits
  /** Runs what is done for a peer while no other process does anything for it. */
  readonly hold: Hold
}

export type OutboxWorker = {
  /** The peers to be served; none while the rows are not to be relied on. */
  due(): Promise<readonly Domain[]>
  /** What can be done for one of them now: one request at most for each group. */
  serve(peer: Domain): Promise<Served | 'elsewhere'>
  /** One round over all peers whose time has come; resolves when every request of it was answered, or failed. */
  round(): Promise<void>
  /** When a peer that failed is due again, ms; undefined where none is waited for. */
  nextAt(): number | undefined
  /** The peer showed itself: it is tried at once, one that was given up for a week among them. */
  wake(peer: Domain): Promise<void>
  status(): OutboxStatus
}

export type OutboxStatus = {
  /** They did not answer when they were asked last. */
  readonly failing: readonly Domain[]
  readonly paused: readonly Domain[]
  /** Groups of peers that take nothing more, and why. */
  readonly stopped: readonly { readonly peer: Domain; readonly group: string; readonly why: string }[]
}

/** What became of a group's turn. */
type Sent = 'answered' | 'unanswered' | 'nothing'

const requestsPerPeerMax = 3
const confirmEveryMs = 1_000
const stoppedMsMin = 60_000

type Peer = {
  failing: Failing | undefined
  paused: boolean
  confirmedAt: number
  /** What it has, beyond what the log says. */
  readonly heard: Map<string, Anchor>
  readonly stopped: Map<string, { readonly why: string; readonly at: number }>
  /** Groups that it could not judge when it was asked last. */
  readonly later: Map<string, Failing>
}

export const makeOutboxWorker = (deps: WorkerDependencies): OutboxWorker => {
  const { streams, view, notify, clock, random, logger, limits, hold } = deps
  const peers = new Map<Domain, Peer>()
  /** Rows that stand further back than they did are being rebuilt: their numbers are not to be relied on. */
  let seen = 0

  const chance = (): number => (random.bytes(1)[0] ?? 0) / 256

  const peerOf = (domain: Domain): Peer => {
    const known = peers.get(domain)
    if (known !== undefined) return known
    const fresh: Peer = {
      failing: undefined,
      paused: false,
      confirmedAt: -Infinity,
      heard: new Map(),
      stopped: new Map(),
      later: new Map(),
    }
    peers.set(domain, fresh)
    return fresh
  }

  /** What it says is content enough for an id: the same words twice have one effect. */
  const say = async (domain: Domain, event: PeerOutboxEvent, what: string): Promise<void> => {
    const command = { id: derivedId(peerStream(domain), event.type, what), bodyHash: 'outbox', at: clock.now() }
    await streams.append({ shapes: peerOutboxShapes }, peerStream(domain), command, event)
  }

  const confirm = async (domain: Domain, groups: Readonly<Record<string, Anchor>>): Promise<void> => {
    await say(domain, { type: 'PeerConfirmed', data: { groups } }, JSON.stringify(groups))
  }

  /** At most once a second, unless it is the first word about a group. */
  const confirmHeard = async (domain: Domain, peer: Peer, follows: readonly FollowRow[]): Promise<void> => {
    const first = follows.filter(({ anchored }) => !anchored).map(({ group, anchor }) => [group, anchor] as const)
    if (first.length > 0) await confirm(domain, Object.fromEntries(first))
    if (peer.heard.size === 0 || clock.now() - peer.confirmedAt < confirmEveryMs) return
    const ahead = follows.filter(({ group, anchor }) => (peer.heard.get(group)?.sequence ?? 0) > anchor.sequence)
    const groups = ahead.flatMap(({ group }) => {
      const anchor = peer.heard.get(group)
      return anchor === undefined ? [] : [[group, anchor] as const]
    })
    peer.confirmedAt = clock.now()
    if (groups.length > 0) await confirm(domain, Object.fromEntries(groups))
  }

  /** What is not behind any more has confirmed all that was heard of it. */
  const forgetConfirmed = ({ heard }: Peer, follows: readonly FollowRow[]): void => {
    const behind = new Set(follows.map(({ group }) => group))
    for (const group of heard.keys()) if (!behind.has(group)) heard.delete(group)
  }

  const letFall = async (domain: Domain, peer: Peer): Promise<boolean> => {
    const gap = await fallingOut(view, domain, limits, clock.now())
    if (gap === undefined) return false
    // What the peer is known to have is confirmed first: a gap stands only for what it has not got.
    const heard = peer.heard.get(gap.group)
    if (heard !== undefined && heard.sequence > gap.fromSequence) {
      peer.confirmedAt = -Infinity
      return false
    }
    await say(domain, { type: 'PeerGap', data: gap }, `${gap.group} ${gap.fromSequence} ${gap.toSequence}`)
    return true
  }

  const stop = (domain: Domain, peer: Peer, group: string, why: string): void => {
    peer.stopped.set(group, { why, at: clock.now() })
    logger.error('a peer takes nothing more of a group', { peer: domain, group, why })
  }

  /** A message that the log has no more leaves a gap, once all before it is confirmed; anything else cannot be done without. */
  const missing = async (domain: Domain, peer: Peer, { group, anchor }: FollowRow, row?: ItemRow): Promise<void> => {
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

  const send = async (domain: Domain, peer: Peer, follow: FollowRow): Promise<Sent> => {
    const { group, anchor } = follow
    const from = Math.max(anchor.sequence, peer.heard.get(group)?.sequence ?? 0)
    const rows = await view.items(domain, group, from, batchItemsMax)
    if (rows.length === 0) return 'nothing'
    const items = await batchOf(deps, rows)
    if (items.length === 0) {
      await missing(domain, peer, follow, rows[0])
      return 'nothing'
    }
    let answer: Heard
    try {
      answer = await notify(domain, group as GroupId, items)
    } catch (error) {
      logger.warn('a peer did not answer', { peer: domain, error: String(error) })
      return 'unanswered'
    }
    return take(domain, peer, follow, rows.slice(0, items.length), answer) ? 'answered' : 'nothing'
  }

  /** Whether it moved on, or is to be asked elsewhere. Believed is only what it can have: no more than it was sent. */
  const take = (
    domain: Domain,
    peer: Peer,
    { group, anchor }: FollowRow,
    sent: readonly ItemRow[],
    answer: Heard,
  ): boolean => {
    if (answer.status === 'later') {
      peer.later.set(group, failedAgain(peer.later.get(group), clock.now(), chance()))
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
    const last = sent.filter((one) => one.through < next).at(-1)
    // One that takes nothing of what it says it expects is not sent the same again at once.
    const moves = last !== undefined || (answer.status === 'unexpected' && peer.heard.delete(group))
    if (last !== undefined) peer.heard.set(group, after(last))
    if (answer.status === 'refused') stop(domain, peer, group, answer.reason)
    return moves
  }

  const serve = async (domain: Domain, ends: boolean): Promise<Served> => {
    const peer = peerOf(domain)
    const now = clock.now()
    if (peer.paused || (peer.failing !== undefined && peer.failing.nextAt > now)) {
      await letFall(domain, peer)
      return 'rests'
    }
    if (ends) peer.confirmedAt = -Infinity
    const follows = await view.unconfirmed(domain)
    forgetConfirmed(peer, follows)
    await confirmHeard(domain, peer, follows)
    if (ends) return 'rests'
    if (await letFall(domain, peer)) return 'waits'
    const sent = await sendAll(domain, peer, follows)
    if (sent.includes('unanswered')) {
      await fail(domain, peer)
      return 'rests'
    }
    peer.failing = undefined
    if (sent.includes('answered')) return 'more'
    return peer.heard.size > 0 || follows.some(({ anchored }) => !anchored) ? 'waits' : 'rests'
  }

  const sendAll = async (domain: Domain, peer: Peer, follows: readonly FollowRow[]): Promise<readonly Sent[]> => {
    const now = clock.now()
    const queue = follows.filter(
      ({ group, anchored }) => anchored && !peer.stopped.has(group) && (peer.later.get(group)?.nextAt ?? 0) <= now,
    )
    const sent: Sent[] = []
    const line = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const one = await send(domain, peer, next)
        sent.push(one)
        if (one === 'unanswered') queue.length = 0
      }
    }
    await Promise.all(Array.from({ length: requestsPerPeerMax }, line))
    return sent
  }

  const fail = async (domain: Domain, peer: Peer): Promise<void> => {
    const now = clock.now()
    peer.failing = failedAgain(peer.failing, now, chance())
    if (!isOver(peer.failing, now)) return
    peer.paused = true
    logger.error('a peer was away for a week, nothing is sent to it', { peer: domain })
    await say(domain, { type: 'PeerPaused', data: { since: peer.failing.since } }, String(peer.failing.since))
  }

  const due = async (): Promise<readonly Domain[]> => {
    const stands = await view.checkpoint()
    if (stands < seen) return []
    seen = stands
    const waiting = [...peers].flatMap(([domain, { heard }]) => (heard.size > 0 ? [domain] : []))
    return [...new Set([...(await view.peers()), ...waiting])]
  }
  const serveHeld = (domain: Domain): Promise<Served | 'elsewhere'> => hold(domain, (ends) => serve(domain, ends))

  return {
    due,
    serve: serveHeld,
    round: async () => {
      await Promise.all((await due()).map(serveHeld))
    },
    nextAt: () => {
      const times = [...peers.values()].flatMap(({ failing, paused }) => (paused ? [] : (failing?.nextAt ?? [])))
      return times.length === 0 ? undefined : Math.min(...times)
    },
    wake: async (domain) => {
      const peer = peerOf(domain)
      const since = peer.failing?.since
      peer.failing = undefined
      // Whoever shows itself all the time is not asked all the time what it refused.
      for (const [group, { at }] of peer.stopped) if (clock.now() - at >= stoppedMsMin) peer.stopped.delete(group)
      if (!peer.paused) return
      peer.paused = false
      await say(domain, { type: 'PeerResumed', data: {} }, String(since))
    },
    status: () => ({
      failing: [...peers]
        .filter(([, { failing, paused }]) => failing !== undefined && !paused)
        .map(([domain]) => domain),
      paused: [...peers].filter(([, { paused }]) => paused).map(([domain]) => domain),
      stopped: [...peers].flatMap(([peer, { stopped }]) =>
        Array.from(stopped, ([group, { why }]) => ({ peer, group, why })),
      ),
    }),
  }
}
