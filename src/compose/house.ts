/** The rooms of one server process, furnished on its foundation: nothing in them works yet, nobody can enter. */
import { randomUUID } from 'node:crypto'
import { makeRateLimiter } from '../api/http/budgets/rateLimits.js'
import type { RateLimiter } from '../api/http/budgets/rateLimits.js'
import type { Uploads } from '../api/assets/uploads.js'
import { gatherAcknowledgements } from '../delivery/acknowledgements.js'
import type { Acknowledgements } from '../delivery/acknowledgements.js'
import type { OwnConsumers } from '../delivery/consumers.js'
import { operatorsAggregate } from '../commands/operators/operators.js'
import { rotationsOf, serverAggregate } from '../commands/server/server.js'
import { operatorsStream } from '../events/operators.js'
import type { RegistrationMode } from '../events/operators.js'
import { serverStream } from '../events/server.js'
import { streamsInTime } from './clock.js'
import type { WatchedClock } from './clock.js'
import type { Config } from './settings/config.js'
import { ownConsumersOf } from './delivery.js'
import type { Foundation } from './foundation.js'
import { openKeyring } from './keys/keyring.js'
import type { Keyring } from './keys/keyring.js'
import { holdPolicy } from './policyInForce.js'
import type { PolicyInForce } from './policyInForce.js'
import { serveReadModels } from './stores/readModels.js'
import type { ServedReadModels } from './stores/readModels.js'
import { countTraffic, openUploads } from './uploads.js'
import type { AssetTraffic } from './uploads.js'
import { vouchWith } from './vouching.js'
import type { Vouching } from './vouching.js'
import type { World } from './world.js'

/** How much is allowed, and to whom. */
export type Policy = PolicyInForce & {
  readonly rateLimiter: RateLimiter
  /** Who may register now: as an operator said last in whichever process, else as the setting says. */
  readonly registration: () => Promise<RegistrationMode>
}

export type House = WatchedClock & {
  readonly world: World
  readonly foundation: Foundation
  readonly keyring: Keyring
  readonly vouching: Vouching
  readonly policy: Policy
  readonly readModels: ServedReadModels
  readonly consumers: OwnConsumers
  readonly acknowledgements: Acknowledgements
  readonly uploads: Uploads
  readonly assetTraffic: AssetTraffic
  /** This process, in leases and as a queue's consumer: new with every start. */
  readonly holder: string
}

export const furnish = async (config: Config, world: World, foundation: Foundation): Promise<House> => {
  const { events, readSide, keys, identity } = foundation
  const { clock, logger } = world
  const { logId } = identity
  const holder = randomUUID()
  const timed = await streamsInTime(config, world, foundation, holder)
  const { streams } = timed
  const rotations = async () => rotationsOf((await streams.read(serverAggregate, serverStream)).state)
  const keyring = await openKeyring({ keys, rotations, clock, logger })
  const vouching = vouchWith(identity.domain, keyring)
  const { openReference } = vouching
  const inForce = await holdPolicy({ limits: config.limits, rates: config.rates }, { streams, clock, logger })
  const { limits } = inForce
  const readModels = await serveReadModels({
    events,
    readSide,
    keys,
    logId,
    openReference,
    limits,
    clock,
    logger,
    holder,
    domain: identity.domain,
    federates: config.federation.mode !== 'off',
  })
  const consumers = ownConsumersOf(readSide, holder, world)
  const acknowledgements = gatherAcknowledgements({
    streams,
    clock,
    process: 'all',
    start: holder,
    log: events,
    overtaken: (held) => consumers.overtaken(held),
    held: inForce.maintenance,
    failed: (error) => {
      logger.warn('acknowledgements not written, kept for later', { error: String(error) })
    },
  })
  const registration = async () =>
    (await streams.read(operatorsAggregate, operatorsStream)).state.registration ?? config.registration
  const policy = { ...inForce, registration, rateLimiter: makeRateLimiter(inForce.rates, clock) }
  const uploads = openUploads(readSide, world, { streams, limits, holder })
  const rooms = { world, foundation, keyring, vouching, policy, readModels, consumers, acknowledgements, uploads }
  return { ...timed, ...rooms, assetTraffic: countTraffic(), holder }
}
