/** Wires every room and opens the front door: start to finish of one server process. */
import { createPrivateKey, randomUUID } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openMemorySnapshots } from './adapters/memory/snapshots.js'
import { openAuthority } from './adapters/x509/authority.js'
import { makeRateLimiter } from './api/rateLimits.js'
import { gatherAcknowledgements } from './commands/acknowledgements.js'
import { makeHandle } from './commands/handle.js'
import type { Handle } from './commands/handle.js'
import { identify, keysFor } from './composeIdentity.js'
import { claimsOf, serveDelivery } from './composeDelivery.js'
import { listen } from './composeHttp.js'
import { makeListener } from './composeListener.js'
import { composeReactions } from './composeReactions.js'
import { serveReadModels } from './composeReadSide.js'
import { openFrontDoor } from './composeRoutes.js'
import { openLog, openReadSide } from './composeStores.js'
import type { Config } from './config.js'
import { fromBase64url } from './mls/base64url.js'
import { openQueueReference } from './mls/queueReference.js'
import type { SealingKeys } from './mls/queueReference.js'
import { decodeQueueReference } from './mls/queueReferenceCodec.js'
import type { Clock } from './ports/clock.js'
import type { EventStore } from './ports/eventStore.js'
import type { ServerKeys } from './ports/keys.js'
import type { Log } from './ports/log.js'
import type { Random } from './ports/random.js'
import type { Snapshots } from './ports/snapshots.js'
import { rememberReferences } from './projections/queues/references.js'
import type { OpenReference } from './projections/queues/references.js'

const version = '0.1.0'

/** Of folded streams, in memory. */
const foldCacheBytes = 256 * 1024 * 1024

/** At the end: who waits for a store that does not answer is not waited for; closing the store ends the wait. */
const loopsMsMax = 3_000

export type World = { readonly clock: Clock; readonly random: Random; readonly log: Log }

export type Server = {
  readonly url: string
  /** Made at this start, the first one: to be shown once. */
  readonly newOperatorToken: string | undefined
  /** Stops taking requests, finishes what is under way, lets go of the stores. */
  readonly close: () => Promise<void>
}

/** Throws StartupProblem for whatever an operator can mend. */
export const startServer = async (config: Config, world: World): Promise<Server> => {
  const { clock, random, log } = world
  const { limits } = config
  /** How to end what has begun, the last one first. */
  const endings: (() => Promise<unknown>)[] = []
  const unwind = async (): Promise<void> => {
    for (const end of endings.splice(0).reverse()) await end()
  }
  try {
    await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
    const listener = makeListener(config)
    endings.push(() => Promise.resolve(listener.server.close()))
    const patient = { ...world, waiting: listener.waitFor }
    const events = await openLog(config, patient)
    endings.push(() => events.close())
    const keys = await keysFor(config, world)
    endings.push(() => keys.close())
    const identity = await identify(
      config,
      handleOn(events, openMemorySnapshots(), limits.idempotencyKeyMs, world),
      keys,
      world,
    )
    const { logId, domain } = identity
    const readSide = await openReadSide(config, logId, patient)
    endings.push(() => readSide.close())

    const processId = randomUUID()
    const stop = new AbortController()
    const loops: Promise<void>[] = []
    endings.push(() => {
      stop.abort()
      return Promise.race([Promise.all(loops), clock.sleep(loopsMsMax, new AbortController().signal)])
    })
    const handle = handleOn(events, readSide.snapshots, limits.idempotencyKeyMs, world)
    const sealingKeys = sealingKeysOf(keys.server)
    const openReference = openerOf(sealingKeys)
    const common = { events, readSide, keys, logId, limits, clock, log }
    const readModels = await serveReadModels({ ...common, openReference, holder: processId })
    const claims = claimsOf(readSide, processId, world)
    const acknowledgements = gatherAcknowledgements({
      handle,
      clock,
      process: 'all',
      start: processId,
      log: events,
      overtaken: (held) => claims.overtaken(held),
      failed: (error) => {
        log.warn('acknowledgements not written, kept for later', { error: String(error) })
      },
    })
    let url = config.publicUrl ?? ''
    const rooms = {
      ...common,
      handle,
      readModels,
      acknowledgements,
      authority: await openAuthority(keys.server),
      sealingKeys,
      domain,
      registration: config.registration,
      rateLimiter: makeRateLimiter(config.rates, clock),
      random,
      publicUrl: () => url,
      operatorTokenHash: () => identity.operatorTokenHash,
    }
    const door = openFrontDoor(rooms)
    const reactions = composeReactions({ ...rooms, openReference, holder: processId })
    const { delivery, live } = await serveDelivery({ ...rooms, openReference, claims }, stop.signal)
    loops.push(
      readModels.run(stop.signal),
      acknowledgements.run(stop.signal),
      reactions.run(stop.signal),
      claims.run(delivery.displace, stop.signal),
    )
    const http = await listen(config, { ...rooms, ...door, delivery, live, claims, listener, log, version })
    endings.push(() => http.close())
    url = config.publicUrl ?? http.url
    const ready = join(config.dataDir, 'ready.json')
    endings.push(() => rm(ready, { force: true }))
    await writeFile(ready, JSON.stringify({ pid: process.pid, url, version }))
    return { url, newOperatorToken: identity.newOperatorToken, close: unwind }
  } catch (error) {
    await unwind()
    throw error
  }
}

const handleOn = (events: EventStore, snapshots: Snapshots, rememberMs: number, { clock, random }: World): Handle => {
  const never = new AbortController().signal
  /** 1 to 2 ms, then twice that, … with jitter. */
  const pause = (attempt: number): Promise<void> =>
    clock.sleep(2 ** Math.min(attempt - 1, 6) * (1 + (random.bytes(1)[0] ?? 0) / 256), never)
  return makeHandle({ events, snapshots, cacheBytesMax: foldCacheBytes, pause, rememberMs })
}

const sealingKeysOf = ({ sealingKeys }: ServerKeys): SealingKeys =>
  new Map(
    sealingKeys.map(({ id, privateKey }) => [
      id,
      createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' }),
    ]),
  )

const openerOf = (sealingKeys: SealingKeys): OpenReference =>
  rememberReferences(({ reference, signatureKey }) => {
    const [bytes, key] = [fromBase64url(reference), fromBase64url(signatureKey)]
    const decoded = bytes === undefined ? undefined : decodeQueueReference(bytes)
    return decoded?.ok === true && key !== undefined ? openQueueReference(decoded.value, key, sealingKeys) : undefined
  })
