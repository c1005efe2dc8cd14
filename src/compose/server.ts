/** Wires every room and opens the front door: start to finish of one server process. */
import { createPrivateKey, randomUUID } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { openMemorySnapshots } from '../adapters/memory/snapshots.js'
import { openAuthority } from '../adapters/x509/authority.js'
import { makeRateLimiter } from '../api/http/rateLimits.js'
import { gatherAcknowledgements } from '../delivery/acknowledgements.js'
import { makeStreams } from '../streams/streams.js'
import type { Streams } from '../streams/streams.js'
import { identify, keysFor } from './identity.js'
import { ownConsumersOf, serveDelivery } from './delivery.js'
import { listen } from './http.js'
import { makeListener } from './listener.js'
import { composeReactions } from './reactions.js'
import { serveReadModels } from './readModels.js'
import { openFrontDoor } from './routes.js'
import { openLog, openReadSide } from './stores.js'
import type { Config } from './config.js'
import { fromBase64url } from '../mls/bytes/base64url.js'
import { openQueueReference } from '../mls/group/queueReference.js'
import type { SealingKeys } from '../mls/group/queueReference.js'
import { decodeQueueReference } from '../mls/wire/queueReferenceCodec.js'
import type { Clock } from '../ports/clock.js'
import type { EventStore } from '../ports/eventStore.js'
import type { ServerKeys } from '../ports/keys.js'
import type { Logger } from '../ports/logger.js'
import type { Random } from '../ports/random.js'
import type { Snapshots } from '../ports/snapshots.js'
import { rememberReferences } from '../items/references.js'
import type { OpenReference } from '../items/references.js'

const { version } = createRequire(import.meta.url)('#package') as { readonly version: string }

/** Of folded streams, in memory. */
const foldCacheBytes = 256 * 1024 * 1024

/** At the end: who waits for a store that does not answer is not waited for; closing the store ends the wait. */
const loopsMsMax = 3_000

export type World = { readonly clock: Clock; readonly random: Random; readonly logger: Logger }

export type Server = {
  readonly url: string
  /** Made at this start, the first one: to be shown once. */
  readonly newOperatorToken: string | undefined
  /** Stops taking requests, finishes what is under way, lets go of the stores. */
  readonly close: () => Promise<void>
}

/** Throws StartupProblem for whatever an operator can mend. */
export const startServer = async (config: Config, world: World): Promise<Server> => {
  const { clock, random, logger } = world
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
      streamsOn(events, openMemorySnapshots(), limits.idempotencyKeyMs, world),
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
    const streams = streamsOn(events, readSide.snapshots, limits.idempotencyKeyMs, world)
    const sealingKeys = sealingKeysOf(keys.server)
    const openReference = openerOf(sealingKeys)
    const common = { events, readSide, keys, logId, limits, clock, logger }
    const readModels = await serveReadModels({ ...common, openReference, holder: processId })
    const consumers = ownConsumersOf(readSide, processId, world)
    const acknowledgements = gatherAcknowledgements({
      streams,
      clock,
      process: 'all',
      start: processId,
      log: events,
      overtaken: (held) => consumers.overtaken(held),
      failed: (error) => {
        logger.warn('acknowledgements not written, kept for later', { error: String(error) })
      },
    })
    let url = config.publicUrl ?? ''
    const rooms = {
      ...common,
      streams,
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
    const { delivery, live } = await serveDelivery({ ...rooms, openReference }, stop.signal)
    loops.push(
      readModels.run(stop.signal),
      acknowledgements.run(stop.signal),
      reactions.run(stop.signal),
      consumers.run(delivery.displace, stop.signal),
    )
    const http = await listen(config, { ...rooms, ...door, delivery, live, consumers, listener, logger, version })
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

const streamsOn = (events: EventStore, snapshots: Snapshots, rememberMs: number, { clock, random }: World): Streams => {
  const never = new AbortController().signal
  /** 1 to 2 ms, then twice that, … with jitter. */
  const pause = (attempt: number): Promise<void> =>
    clock.sleep(2 ** Math.min(attempt - 1, 6) * (1 + (random.bytes(1)[0] ?? 0) / 256), never)
  return makeStreams({ events, snapshots, cacheBytesMax: foldCacheBytes, pause, rememberMs })
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
