/** Every route there is, each handed what it stands on. */
import { makeAuthentication } from '../../api/tokens/authentication.js'
import type { Authentication } from '../../api/tokens/authentication.js'
import { authenticateOperators, newestOperators } from '../../api/tokens/operatorAuthentication.js'
import type { AuthenticateOperator } from '../../api/tokens/operatorAuthentication.js'
import type { AssetDependencies } from '../../api/assets/assetDependencies.js'
import { assetRoutes } from '../../api/assets/routes.js'
import { fetchAssetsElsewhere } from '../../api/elsewhere/assetElsewhere.js'
import { exportRoute } from '../../api/accounts/exportRoute.js'
import { accountRoutes } from '../../api/accounts/routes.js'
import type { GroupDependencies } from '../../api/groups/groupDependencies.js'
import { allGroupRoutes } from '../../api/groups/routes.js'
import { useOnceByLease } from '../../api/tokens/usedOnce.js'
import type { UseOnce } from '../../api/tokens/usedOnce.js'
import { keyPackageRoutes } from '../../api/keyPackages/keyPackages.js'
import { validateKeyPackagesHere } from '../../api/keyPackages/keyPackageValidation.js'
import { makeLeafPolicy } from '../../api/keyPackages/leafPolicy.js'
import { makeKnowsSend, makeSendMessage } from '../../api/groups/messages.js'
import type { KnowsSend, SendMessage } from '../../api/groups/messages.js'
import { makeTakeSignal } from '../../api/groups/signals.js'
import type { TakeSignal } from '../../api/groups/signals.js'
import type { PassOn } from '../../delivery/signals/passOn.js'
import { heldCursors } from '../../api/http/request/heldCursor.js'
import type { HeldCursor } from '../../api/http/request/heldCursor.js'
import { pushRoutes } from '../../api/push/pushRoutes.js'
import type { RefusedEndpoint } from '../../api/push/pushTarget.js'
import { reportNamed, reportRoutes } from '../../api/reports/reports.js'
import type { ReportAbuseDependencies } from '../../federation/inbound/reportAbuse.js'
import { queueRoutes } from '../../api/queues/queues.js'
import type { Route } from '../../api/door.js'
import { tokenRoutes } from '../../api/tokens/tokens.js'
import { queueAggregate } from '../../commands/queue/queue.js'
import type { ForeignRoots } from '../../federation/peers/roots.js'
import type { TellServers } from '../../federation/signals/tellServers.js'
import type { House } from '../house.js'
import type { Keyring } from '../keys/keyring.js'
import type { ReadSide } from '../stores/stores.js'
import type { World } from '../world.js'
import { franksOf } from '../franks.js'
import { queueStream } from '../../events/queue.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { QueueId } from '../../mls/wire/ids.js'
import type { Trust } from '../../mls/group/verifyCredential.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { untilWithin } from '../../api/elsewhere/until.js'
import type { OtherServers } from '../../ports/peers.js'

export type FrontDoorRooms = Pick<
  House,
  | 'world'
  | 'foundation'
  | 'keyring'
  | 'vouching'
  | 'policy'
  | 'streams'
  | 'ages'
  | 'readModels'
  | 'acknowledgements'
  | 'uploads'
  | 'assetTraffic'
> & {
  /** Of other servers; undefined where there are none. */
  readonly roots: ForeignRoots | undefined
  /** Undefined: no other server is asked. */
  readonly others: OtherServers | undefined
  readonly publicUrl: () => string
  readonly refusedEndpoint: RefusedEndpoint
  readonly passOn: PassOn
  /** Signals, to other servers; undefined where there are none. */
  readonly tell: TellServers | undefined
}

export type FrontDoor = {
  readonly routes: readonly Route[]
  readonly authentication: Authentication
  readonly authenticateOperator: AuthenticateOperator
  readonly sendMessage: SendMessage
  readonly knowsSend: KnowsSend
  readonly takeSignal: TakeSignal
  readonly heldCursor: HeldCursor
  /** What Commits and proposals come to, whichever door they came in by. */
  readonly groups: GroupDependencies
  readonly assets: AssetDependencies
  /** What a report of another server's user comes to. */
  readonly report: ReportAbuseDependencies['report']
}

export const openFrontDoor = (rooms: FrontDoorRooms): FrontDoor => {
  const { streams, readModels, acknowledgements, uploads, assetTraffic, publicUrl } = rooms
  const { events, readSide, keys, identity } = rooms.foundation
  const { logId, domain } = identity
  const { authority, sealingKeys } = rooms.vouching
  const { keyring } = rooms
  const { limits, rateLimiter, registration } = rooms.policy
  const { clock, random } = rooms.world

  const queueKey = async (queue: QueueId) => {
    if (domainOf(queue) !== domain) return undefined
    const { state } = await streams.read(queueAggregate, queueStream(queue))
    return state.status === 'open' ? state.key : undefined
  }
  const { ownerOf, recoverableBy } = readModels.directory
  const trust: Trust = (of) => (of === domain ? keyring.roots() : [])

  const authentication = makeAuthentication({
    streams,
    tokenKeys: keyring.tokenKeys,
    tokenUrl: () => `${publicUrl()}/v1/token`,
    ownerOf,
    queueKey,
    useOnce: useOnceBy(readSide, rooms.world),
    rateLimiter,
    limits,
    clock,
  })
  const authenticateOperator = authenticateOperators({
    operators: newestOperators(streams, identity.operators),
    rateLimiter,
    clock,
  })
  const leafPolicy = makeLeafPolicy({
    domain,
    trust,
    foreignRoots: rooms.roots?.pinned,
    sealingKeys,
    queueIsLive: async (queue) => (await queueKey(queue)) !== undefined,
    limits,
  })
  const franks = franksOf(keys)
  const elsewhere = rooms.others === undefined ? undefined : { others: rooms.others, until: untilWithin(clock) }
  const sendMessage = makeSendMessage({ streams, domain, limits, franks, appendsInOrder: events.exclusive, elsewhere })
  const knowsSend = makeKnowsSend({ streams, limits })
  const signalled = rooms.tell === undefined ? undefined : { tell: rooms.tell, until: untilWithin(clock) }
  const takeSignal = makeTakeSignal({ streams, domain, limits, passOn: rooms.passOn, others: signalled })
  const level = readModels.level
  const groups: GroupDependencies = {
    streams,
    events,
    blobs: readSide.blobs,
    groups: readModels.groups,
    groupsLevel: level,
    leafPolicy,
    refuseDomains: rooms.roots?.admit,
    elsewhere,
    sendMessage,
    knowsSend,
    takeSignal,
    domain,
    limits,
  }
  const reports = {
    ...{ streams, events, blobs: readSide.blobs, keys, franks, domain, limits, random },
    others: rooms.others,
  }
  const heldCursor = heldCursors({ logId, head: () => events.head() })
  const assets: AssetDependencies = {
    streams,
    assets: readModels.assets,
    assetsLevel: () => readModels.levelOf('assets'),
    bytes: readSide.assetBytes,
    uploads,
    sent: assetTraffic.send,
    heldCursor,
    logId,
    domain,
    limits,
    elsewhere: rooms.others === undefined ? undefined : fetchAssetsElsewhere({ others: rooms.others, clock, limits }),
  }
  const routes = [
    ...accountRoutes({
      streams,
      authority,
      keys,
      directory: readModels.directory,
      ownerOf,
      recoverableBy,
      registration,
      publicUrl,
      blobs: readSide.blobs,
      logId,
      heldCursor,
      limits,
      random,
      clock,
      others: rooms.others,
    }),
    exportRoute({ ...readModels, streams, events, keys, blobs: readSide.blobs, domain }),
    ...tokenRoutes({ authentication }),
    ...keyPackageRoutes({
      streams,
      ownerOf,
      validateKeyPackages: validateKeyPackagesHere(leafPolicy, limits),
      domain,
      limits,
      others: rooms.others,
    }),
    ...allGroupRoutes(groups),
    ...reportRoutes(reports),
    ...assetRoutes(assets),
    ...queueRoutes({
      streams,
      view: readModels.queues,
      level,
      heldCursor,
      acknowledgements,
      blobs: readSide.blobs,
      clock: rooms.ages,
      limits,
      logId,
      domain,
      namingSecret: keys.server.handleKey,
      sealingKey: keyring.sealingKey,
    }),
    ...pushRoutes({
      streams,
      view: readModels.queues,
      level,
      heldCursor,
      pushKey: keys.server.pushKey,
      vapidKey: () => vapidKeyOf(keyring),
      refusedEndpoint: rooms.refusedEndpoint,
      random,
      limits,
      domain,
    }),
  ]
  const report: FrontDoor['report'] = (by, said, command) => reportNamed(reports, by, said, command)
  return {
    routes,
    authentication,
    authenticateOperator,
    sendMessage,
    knowsSend,
    takeSignal,
    heldCursor,
    groups,
    assets,
    report,
  }
}

/** The point that new push subscriptions are for, base64url. */
export const vapidKeyOf = ({ vapidKey }: Pick<Keyring, 'vapidKey'>): string => toBase64url(vapidKey().publicKey)

/** In the file that outlives this process, or as leases that all processes share. */
const useOnceBy = ({ usedOnce, leases }: ReadSide, { clock, random }: World): UseOnce =>
  usedOnce === undefined ? useOnceByLease(leases, clock, random) : (name, until) => usedOnce.use(name, until)
