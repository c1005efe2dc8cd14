/** Start to finish of one server process: the foundation, the rooms, what works in them, and the open door. */
import { refusalOf } from '../adapters/outbound/refusal.js'
import { commitHere } from '../api/groups/commits.js'
import { proposeHere } from '../api/groups/proposals.js'
import type { FollowerRecord } from '../federation/record/record.js'
import { composeContactWords } from './contactWords.js'
import { serveDelivery } from './delivery.js'
import type { OutboxRun } from '../federation/outbox/run.js'
import type { ServedDelivery } from './delivery.js'
import type { Config } from './settings/config.js'
import { makeEndings } from './endings.js'
import type { Endings } from './endings.js'
import { openFederation } from './federation.js'
import type { Federation } from './federation.js'
import { layFoundation } from './foundation.js'
import { furnish } from './house.js'
import type { House } from './house.js'
import { listen } from './doors/http.js'
import { composeDepartures } from './departures.js'
import type { ComposedDepartures } from './departures.js'
import { composeOutbox } from './outbox.js'
import type { ComposedOutbox } from './outbox.js'
import type { Http } from './doors/http.js'
import { reachable, urlFromHere } from './process/urlFromHere.js'
import { publicUrlOf } from './doors/publicUrl.js'
import type { PublicUrl } from './doors/publicUrl.js'
import { pushRule, servePushes } from './push.js'
import type { ServedPushes } from './push.js'
import type { TellServers } from '../federation/signals/tellServers.js'
import { composeTelling, serveSignals } from './signals.js'
import type { ServedSignals } from './signals.js'
import { composeReactions, composeSnapshots } from './reactions.js'
import type { SnapshotKeeper } from '../reactions/keepSnapshots.js'
import { composeStanding } from './peersStanding.js'
import { composeRecord, serveToPeers } from './servedToPeers.js'
import { writeReadyFile } from './process/readyFile.js'
import { openFrontDoor, vapidKeyOf } from './doors/routes.js'
import type { StartupProblem } from './process/startupProblem.js'
import { startupProblemOf } from './process/startupProblemOf.js'
import type { EventStore } from '../ports/eventStore.js'
import { version } from './version.js'
import { makeWaitingDoor } from './doors/waitingDoor.js'
import type { WaitingDoor } from './doors/waitingDoor.js'
import type { World } from './world.js'

/** Who waits for a store that does not answer is not waited for: closing the store ends the wait. */
const loopsMsMax = 3_000

export type Server = {
  readonly url: string
  /** Made at this start, the first one: to be shown once. */
  readonly newOperatorToken: string | undefined
  /** Resolves with the reason when the log is read-only for good and has been for as long as READ_ONLY_EXIT_S says. */
  readonly uselessness: Promise<string>
  /** What the operator should be told, whatever LOG_LEVEL says: a line each. */
  readonly notices: readonly string[]
  /** Stops taking requests, finishes what is under way, lets go of the stores. Never throws. */
  readonly close: () => Promise<void>
}

/** Throws StartupProblem for whatever an operator can mend. */
export const startServer = async (config: Config, world: World): Promise<Server> => {
  const endings = makeEndings(world)
  try {
    const waitingDoor = makeWaitingDoor(config, world.logger)
    endings.add('the waiting door', () => leave(waitingDoor))
    const foundation = await layFoundation(config, { ...world, waiting: waitingDoor.waitFor }, endings)
    const house = await furnish(config, world, foundation)
    const here = { url: '' }
    const federation = openFederation(config, { ...house, url: () => config.publicUrl ?? here.url })
    if (federation !== undefined) endings.add('what other servers are asked', federation.close)
    const served = await keepUp(config, house, federation, endings)
    const { url, http } = await open(config, house, served, waitingDoor, endings)
    here.url = http.url
    const ready = { localUrl: urlFromHere(config, http.url), operatorUrl: reachable(http.operatorUrl) }
    endings.add('ready.json', await writeReadyFile(config.dataDir, { pid: process.pid, url, ...ready, version }))
    const { identity, notices } = foundation
    const uselessness = outstayed(config, world, foundation.events)
    return { url, newOperatorToken: identity.newOperatorToken, notices, uselessness, close: endings.unwind }
  } catch (error) {
    await endings.unwind()
    throw problemUnder(config, error) ?? error
  }
}

/** Never where nothing is set, and where the log can be written. */
const outstayed = async (
  { readOnlyExitMs }: Config,
  { clock }: World,
  { readOnlyForGood }: EventStore,
): Promise<string> => {
  if (readOnlyExitMs === undefined || readOnlyForGood === undefined) return new Promise(() => undefined)
  const reason = await readOnlyForGood
  await clock.sleep(readOnlyExitMs, new AbortController().signal)
  return reason
}

/** Nothing to do where the front door was opened, which is closed by then. */
const leave = ({ server, release }: WaitingDoor): Promise<void> => {
  release()
  server.close()
  server.closeIdleConnections()
  return Promise.resolve()
}

/** A store that does not work is the disk's trouble where both are embedded. */
const problemUnder = ({ eventStoreUrl, mongoUrl, dataDir }: Config, error: unknown): StartupProblem | undefined =>
  eventStoreUrl === undefined && mongoUrl === undefined
    ? startupProblemOf(error, `DATA_DIR ${dataDir}`, 74)
    : startupProblemOf(error)

type OtherServersServed = Federation & {
  readonly outbox: ComposedOutbox
  readonly contactWords: OutboxRun
  readonly record: FollowerRecord
  readonly departures: ComposedDepartures
  /** Signals. */
  readonly tell: TellServers
}

type Served = ServedDelivery & {
  readonly snapshots: SnapshotKeeper
  readonly signals: ServedSignals
  readonly pushes: ServedPushes
  /** Other servers, and what is sent to them; undefined where there are none. */
  readonly others: OtherServersServed | undefined
}

/** Everything that works by itself, from now on until it is ended. */
const keepUp = async (
  config: Config,
  house: House,
  federation: Federation | undefined,
  endings: Endings,
): Promise<Served> => {
  const { foundation, vouching, policy, readModels, acknowledgements, consumers, clockWatch } = house
  const { logger } = house.world
  const stop = new AbortController()
  const loops: Promise<void>[] = []
  const ended = (): Promise<unknown> => {
    stop.abort()
    return Promise.all(loops)
  }
  endings.add('what works in the background', ended, loopsMsMax)
  const reactions = composeReactions(house)
  const snapshots = await composeSnapshots(house)
  const served = await serveDelivery(
    {
      events: foundation.events,
      readModels,
      openReference: vouching.openReference,
      logId: foundation.identity.logId,
      limits: policy.limits,
      policy,
      clock: house.ages,
      logger,
    },
    stop.signal,
  )
  // What was changed between the first look and the follow.
  await policy.refresh()
  const signals = serveSignals(config, house, served.delivery.passOn)
  const pushes = await servePushes(config, house)
  endings.add('the way out for pushes', pushes.close)
  const others =
    federation === undefined
      ? undefined
      : {
          ...federation,
          outbox: composeOutbox(house, federation),
          contactWords: composeContactWords(house, federation),
          record: composeRecord(house, federation),
          tell: composeTelling(house, federation, stop.signal),
          departures: composeDepartures(house, federation),
        }
  for (const room of others === undefined ? [] : [others.outbox, others.contactWords, others.departures])
    federation?.onShown(room.showed)
  loops.push(
    signals.run(stop.signal),
    pushes.run(stop.signal),
    readModels.run(stop.signal),
    acknowledgements.run(stop.signal),
    reactions.run(stop.signal),
    snapshots.run(stop.signal),
    clockWatch.run(stop.signal),
    consumers.run(served.delivery.displace, stop.signal),
    ...(others === undefined
      ? []
      : [
          others.outbox.run(stop.signal),
          others.outbox.greet(stop.signal),
          others.contactWords.run(stop.signal),
          others.departures.run(stop.signal),
        ]),
    house.keyring.run(stop.signal),
  )
  return { ...served, snapshots, signals, pushes, others }
}

/** `url`: by which clients reach the server. */
const open = async (
  config: Config,
  house: House,
  served: Served,
  waitingDoor: WaitingDoor,
  endings: Endings,
): Promise<{ readonly url: string; readonly http: Http }> => {
  const publicUrl = publicUrlOf(config)
  const http = await openDoors(config, house, served, waitingDoor, publicUrl)
  endings.add('the front door', () => http.close())
  publicUrl.listening(http.url)
  served.signals.listening(http.url)
  served.others?.outbox.listening()
  if (publicUrl.byHost)
    house.world.logger.warn(
      'listening on every address without PUBLIC_URL: clients must reach the server by the Host that they name',
      { setting: 'PUBLIC_URL', url: http.url },
    )
  return { url: config.publicUrl ?? http.url, http }
}

const openDoors = (
  config: Config,
  house: House,
  { delivery, live, snapshots, signals, pushes, others }: Served,
  waitingDoor: WaitingDoor,
  publicUrl: PublicUrl,
): Promise<Http> => {
  const { foundation, policy, streams, readModels, consumers, acknowledgements, uploads, assetTraffic } = house
  const { clock, random, logger } = house.world
  const { groups, assets, report, ...frontDoor } = openFrontDoor({
    ...house,
    roots: others?.roots,
    others: others?.others,
    passOn: signals.passOn,
    tell: others?.tell,
    publicUrl: publicUrl.now,
    refusedEndpoint: (url) => refusalOf(url, pushRule(config)),
  })
  const servedToPeers =
    others === undefined
      ? undefined
      : serveToPeers({
          ...house,
          ...others,
          commit: (asked, command) => commitHere(groups, asked, command),
          propose: (asked, command) => proposeHere(groups, asked, command),
          report,
          passOn: signals.passOn,
          assets,
        })
  const standing = composeStanding(config, house, others)
  return listen(config, {
    ...frontDoor,
    waitingDoor,
    streams,
    processDoor: signals.processDoor,
    otherProcesses: signals.otherProcesses,
    peersListener: servedToPeers === undefined ? undefined : others?.listenerOf(servedToPeers),
    events: foundation.events,
    measureOthers: foundation.readSide.sizes ?? (() => Promise.resolve([])),
    readModels,
    delivery,
    live,
    pushes,
    missingKeys: house.keyring.missing,
    consumers,
    acknowledgements,
    uploads,
    assetTraffic,
    rateLimiter: policy.rateLimiter,
    registration: policy.registration,
    policy,
    maintenance: policy.maintenance,
    keys: foundation.keys,
    blobs: foundation.readSide.blobs,
    keyring: house.keyring,
    domain: foundation.identity.domain,
    logId: foundation.identity.logId,
    publicUrl: publicUrl.now,
    vapidKey: () => vapidKeyOf(house.keyring),
    knowingHost: publicUrl.wrap,
    version,
    clockHeld: () => house.clockWatch.held(),
    ...standing,
    foldsLongStreams: snapshots.behind,
    limits: policy.limits,
    clock,
    random,
    logger,
  })
}
