/** A client of ours claims KeyPackages of another server's user: held to its own signature, then sent to the hub of the room or to the user's server. */
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import type { KeyMaterial, KeyMaterialAsked } from '../../ports/peers.js'
import { malformed, reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { KeyMaterialResponse } from '../wire/keyMaterial.js'
import { withHeader } from '../wire/mlsObjects.js'
import { passOn } from './passOn.js'
import type { PassOnDependencies } from './passOn.js'
import type { RootsOf } from './roots.js'
import { readKeyMaterialRequest, refuseUnsigned } from './signedRequest.js'

/** A hub asks the user’s server in turn, which may be found first; a client of ours waits for 30 s. */
const timeoutMs = 25_000

export type ClaimElsewhereDependencies = PassOnDependencies & {
  readonly domain: Domain
  readonly rootsFor: RootsOf
  readonly clock: Pick<Clock, 'now'>
}

/** Throws PeerAway, PeerNotAsked. */
export const claimElsewhere = async (
  deps: ClaimElsewhereDependencies,
  { by, target, request }: KeyMaterialAsked,
): Promise<KeyMaterial | Rejected> => {
  const asked = readKeyMaterialRequest(request)
  if ('rejected' in asked) return asked
  const { requester, room } = asked
  if (asked.target !== target) return malformed('targetUser is another one than the path’s')
  if (requester.user !== by.user || requester.client !== by.client)
    return reject({ code: 'identity-mismatch', detail: 'the token and the signer are not the same client' })
  const unsigned = await refuseUnsigned(asked, deps.rootsFor, deps.clock.now())
  if (unsigned !== undefined) return unsigned
  const to = room === undefined || domainOf(room) === deps.domain ? domainOf(target) : domainOf(room)
  const heard = await passOn(deps, asked, { request, to, timeoutMs })
  return 'rejected' in heard ? heard : materialIn(heard)
}

const materialIn = ({ userStatus, clients }: KeyMaterialResponse): KeyMaterial => ({
  userStatus,
  clients: clients.map((one) => ({
    client: one.clientUri,
    keyPackage: one.status === 'success' ? withHeader('keyPackage', one.keyPackage) : undefined,
  })),
})
