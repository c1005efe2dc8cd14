/** Every route there is, each handed what it stands on. */
import { makeAuthentication } from '../api/tokens/authentication.js'
import type { Authentication } from '../api/tokens/authentication.js'
import { accountRoutes } from '../api/accounts/routes.js'
import { allGroupRoutes } from '../api/groups/routes.js'
import { useOnceByLease } from '../api/tokens/usedOnce.js'
import { keyPackageRoutes } from '../api/keyPackages/keyPackages.js'
import { validateKeyPackagesHere } from '../api/keyPackages/keyPackageValidation.js'
import { makeLeafPolicy } from '../api/keyPackages/leafPolicy.js'
import { makeSendMessage } from '../api/groups/messages.js'
import type { SendMessage } from '../api/groups/messages.js'
import { queueRoutes } from '../api/queues/queues.js'
import type { Route } from '../api/door.js'
import { tokenRoutes } from '../api/tokens/tokens.js'
import { queueAggregate } from '../commands/queue/queue.js'
import type { House } from './house.js'
import { queueStream } from '../events/queue.js'
import { domainOf } from '../mls/wire/ids.js'
import type { ClientId, QueueId, UserId } from '../mls/wire/ids.js'
import type { Trust } from '../mls/group/verifyCredential.js'
import { StoreUnavailable } from '../ports/eventStore.js'
import type { SealingKey } from '../ports/keys.js'

export type FrontDoorRooms = Pick<
  House,
  'world' | 'foundation' | 'vouching' | 'policy' | 'streams' | 'readModels' | 'acknowledgements'
> & { readonly publicUrl: () => string }

export type FrontDoor = {
  readonly routes: readonly Route[]
  readonly authentication: Authentication
  readonly sendMessage: SendMessage
}

export const openFrontDoor = (rooms: FrontDoorRooms): FrontDoor => {
  const { streams, readModels, acknowledgements, publicUrl } = rooms
  const { events, readSide, keys, identity } = rooms.foundation
  const { logId, domain } = identity
  const { authority, sealingKeys } = rooms.vouching
  const { limits, rateLimiter, registration } = rooms.policy
  const { clock, random } = rooms.world

  const queueKey = async (queue: QueueId) => {
    if (domainOf(queue) !== domain) return undefined
    const { state } = await streams.read(queueAggregate, queueStream(queue))
    return state.status === 'open' ? state.key : undefined
  }
  /** Nobody's only when the directory has seen all that was acknowledged: an id is never given away for being behind. */
  const ownerOf = async (client: ClientId): Promise<UserId | undefined> => {
    const owner = await readModels.directory.ownerOf(client)
    if (owner !== undefined) return owner
    if (!(await readModels.level())) throw new StoreUnavailable('the directory is behind')
    return readModels.directory.ownerOf(client)
  }
  const trust: Trust = (of) => (of === domain ? [authority.root] : [])

  const authentication = makeAuthentication({
    streams,
    tokenKey: keys.server.tokenKey,
    tokenUrl: () => `${publicUrl()}/v1/token`,
    ownerOf,
    queueKey,
    operatorTokenHash: () => identity.operatorTokenHash,
    useOnce: useOnceByLease(readSide.leases, clock, random),
    rateLimiter,
    limits,
    clock,
  })
  const leafPolicy = makeLeafPolicy({
    domain,
    trust,
    sealingKeys,
    queueIsLive: async (queue) => (await queueKey(queue)) !== undefined,
    limits,
  })
  const sendMessage = makeSendMessage({ streams, domain, limits })
  const level = readModels.level
  const routes = [
    ...accountRoutes({
      streams,
      authority,
      keys,
      directory: readModels.directory,
      ownerOf,
      registration,
      publicUrl,
      rateLimiter,
      logId,
      limits,
      random,
    }),
    ...tokenRoutes({ authentication }),
    ...keyPackageRoutes({
      streams,
      ownerOf,
      validateKeyPackages: validateKeyPackagesHere(leafPolicy, limits),
      domain,
      limits,
    }),
    ...allGroupRoutes({
      streams,
      events,
      blobs: readSide.blobs,
      groups: readModels.groups,
      groupsLevel: level,
      leafPolicy,
      sendMessage,
      domain,
      limits,
    }),
    ...queueRoutes({
      streams,
      view: readModels.queues,
      level,
      acknowledgements,
      blobs: readSide.blobs,
      clock,
      limits,
      logId,
      domain,
      namingSecret: keys.server.handleKey,
      sealingKey: () => newest(keys.server.sealingKeys),
    }),
  ]
  return { routes, authentication, sendMessage }
}

const newest = (keys: readonly SealingKey[]): SealingKey => {
  const key = keys.at(-1)
  if (key === undefined) throw new Error('the keys hold no sealing key')
  return key
}
