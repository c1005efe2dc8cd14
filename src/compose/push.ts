/** Pushes to those who are away: the worker on its read model, with the keys, the way out, and who is being read to. */
import { openOutbound } from '../adapters/outbound/outbound.js'
import { pushAggregate, unsubscribe } from '../commands/push/push.js'
import { pushStream } from '../events/push.js'
import type { Leases } from '../ports/leases.js'
import type { OutboundRule } from '../ports/outbound.js'
import { untilAborted } from '../ports/abort.js'
import { leased } from '../projections/leased.js'
import { queuesSchema } from '../projections/queues/schema.js'
import { onlineBy } from '../push/online.js'
import { pushSchema } from '../push/schema.js'
import type { TermDependencies } from '../push/term.js'
import { makePushWorker } from '../push/worker.js'
import type { PushWorker } from '../push/worker.js'
import { derivedId } from '../streams/commandId.js'
import type { House } from './house.js'
import type { Config } from './settings/config.js'

export type ServedPushes = Omit<PushWorker, 'run'> & {
  readonly run: (signal: AbortSignal) => Promise<void>
  readonly close: () => Promise<void>
}

/** Where pushes may go, by what the operator says. */
export const pushRule = ({ pushHosts }: Pick<Config, 'pushHosts'>): OutboundRule => ({
  named: pushHosts,
  ports: 'https',
})

export const servePushes = async (config: Config, house: House): Promise<ServedPushes> => {
  const { foundation, readModels, vouching, streams, holder, world } = house
  const { events, keys, readSide, identity } = foundation
  const { leases, checkpoints, consumers } = readSide
  const { clock, random, logger } = world
  const { logId, domain } = identity
  const outbound = openOutbound({ rule: pushRule(config) })
  const holding = { leases, clock, logger, holder }
  const worker = makePushWorker({
    ...holding,
    events,
    model: await readSide.readModels.open(pushSchema, logId),
    checkpoints,
    logId,
    recipients: readModels.recipients,
    reached: (position, timeoutMs) => readModels.runnerOf(queuesSchema.name).reached(position, timeoutMs),
    open: vouching.openReference,
    online: onlineBy({ consumers, holder, lives: livesByLease(leases) }),
    remove: removal(streams, () => clock.now()),
    outbound,
    pushKey: keys.server.pushKey,
    vapidKeys: () => keys.server.vapidKeys,
    contact: () => contactOf(config, domain),
    random,
    rate: () => house.policy.rates.pushesPerQueue,
  })
  return {
    ...worker,
    run: async (signal) => {
      await Promise.all([worker.run(signal), leased(living(holder), holding, untilAborted, signal)])
    },
    close: () => outbound.close(),
  }
}

/** Whom a push service writes to when something is wrong (RFC 8292 §2.1): https, which not everybody here has, or an address. */
const contactOf = ({ publicUrl }: Config, domain: string): string =>
  publicUrl?.startsWith('https://') === true && new URL(publicUrl).hostname !== 'localhost'
    ? publicUrl
    : `mailto:operator@${domain}`

const removal =
  (streams: House['streams'], now: () => number): TermDependencies['remove'] =>
  async (queue, subscription) => {
    const command = { id: derivedId(queue, 'pushGone', subscription), bodyHash: 'push', at: now() }
    const gone = unsubscribe({ queue, subscription, reason: 'gone' })
    await streams.execute(pushAggregate, pushStream(queue), command, gone)
  }

/** Each process holds a lease of its own name: whose consumers are to be believed. */
const living = (process: string): string => `process ${process}`

/** Nobody who has died comes back under the same name: asking takes the place of one that nobody holds. */
const livesByLease = (leases: Leases): ((process: string) => Promise<boolean>) => {
  const probe = 'nobody'
  return async (process) => {
    if (!(await leases.take(living(process), probe, 1))) return true
    await leases.release(living(process), probe)
    return false
  }
}
