/** keyMaterial: another server asks for KeyPackages of a user of ours; or, at the hub of the room, of a third server's. */
import { z } from 'zod'
import type { CommandReply } from '../../api/http/route.js'
import { knowsClaimsOfUser } from '../../commands/chains/claimsOfUser.js'
import { groupAggregate } from '../../commands/group/group.js'
import { userUri } from '../../contract/fields.js'
import { groupStream } from '../../events/group.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain } from '../../mls/wire/ids.js'
import { malformed, reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { claimIdOf, handOut } from '../claims/handOut.js'
import { passOn } from '../claims/passOn.js'
import type { PassOnDependencies } from '../claims/passOn.js'
import { readKeyMaterialRequest, refuseUnsigned } from '../claims/signedRequest.js'
import type { RootsOf } from '../claims/roots.js'
import type { ReadRequest } from '../claims/signedRequest.js'
import { encodeBody } from '../wire/body.js'
import { keyMaterialResponse } from '../wire/keyMaterial.js'
import type { KeyMaterialResponse } from '../wire/keyMaterial.js'
import { newcomersPay } from './counters.js'
import { peerRoute } from './door.js'
import type { PeerRoute } from './door.js'

export const keyMaterialPath = '/federation/v1/keyMaterial/{targetUser}'

export type KeyMaterialDependencies = PassOnDependencies & {
  readonly streams: Streams
  readonly domain: Domain
  readonly rootsFor: RootsOf
}

export const keyMaterialRoute = (deps: KeyMaterialDependencies): PeerRoute =>
  peerRoute({
    method: 'post',
    path: keyMaterialPath,
    tag: 'Federation',
    summary: 'Ask for KeyPackages of a user',
    description:
      'KeyMaterialRequest and KeyMaterialResponse of draft-ietf-mimi-protocol-06, as message/mls. The request is believed by its client’s signature; the room is of the domain that asks, or the user who asks is. The hub of the room passes it on to the user’s server.',
    access: 'peer',
    params: z.strictObject({ targetUser: userUri }),
    mls: true,
    success: { status: 200, mls: true },
    problems: [
      'identity-mismatch',
      'no-such-user',
      'no-such-group',
      'unsupported-message',
      'peer-unreachable',
      'peer-not-federating',
    ],
    known: async ({ params: { targetUser }, mls }) => {
      const asked = mls === undefined ? undefined : readKeyMaterialRequest(mls)
      if (asked === undefined || 'rejected' in asked || domainOf(targetUser) !== deps.domain) return false
      return knowsClaimsOfUser(deps.streams, { id: await claimIdOf(deps.streams, asked) }, targetUser)
    },
    rates: ({ principal }) => newcomersPay('claimsPerNewPeer', principal),
    answer: async ({ principal, params: { targetUser }, mls, command, charge }) => {
      const asked = mls === undefined ? malformed('the body is a KeyMaterialRequest') : readKeyMaterialRequest(mls)
      if ('rejected' in asked) return asked
      if (asked.target !== targetUser) return malformed('targetUser is another one than the path’s')
      const refused = refusePeer(asked, principal.domain) ?? (await refuseUnsigned(asked, deps.rootsFor, command.at))
      if (refused !== undefined) return refused
      const { user, domain } = asked.requester
      const limited = await charge(user, [
        { rate: 'claimsPerRequesterAndTarget', key: `${user} ${targetUser}` },
        { rate: 'claimsPerPeerAndTarget', key: `${domain} ${targetUser}` },
      ])
      if (limited !== undefined) return limited
      if (domainOf(targetUser) !== deps.domain) return relay(deps, asked, mls ?? new Uint8Array(), principal.domain)
      const given = await handOut(deps.streams, asked, {
        ...command,
        id: await claimIdOf(deps.streams, asked),
      })
      return 'rejected' in given ? given : { ...answered(given.response), repeated: given.repeated }
    },
  })

/** A peer speaks for its own users, and for rooms of its own. */
const refusePeer = ({ requester, room }: ReadRequest, peer: Domain): Rejected | undefined =>
  requester.domain === peer || (room !== undefined && domainOf(room) === peer)
    ? undefined
    : reject({ code: 'identity-mismatch', detail: 'neither the user nor the room is of that server' })

/** Whoever asked us must hear that the user’s server is slow before it takes us for away. */
const relayMs = 10_000

/** Of a room of ours, for somebody in it. */
const relay = async (
  deps: KeyMaterialDependencies,
  asked: ReadRequest,
  bytes: Uint8Array,
  peer: Domain,
): Promise<CommandReply> => {
  const { room, requester } = asked
  if (room === undefined || domainOf(room) !== deps.domain || requester.domain !== peer)
    return reject({ code: 'no-such-user' })
  const { state } = await deps.streams.read(groupAggregate, groupStream(room))
  if (state.status !== 'active' || state.hub !== undefined || !state.users.has(requester.user))
    return reject({ code: 'no-such-group' })
  const heard = await passOn(deps, asked, { request: bytes, to: domainOf(asked.target), timeoutMs: relayMs })
  return 'rejected' in heard ? heard : { ...answered(heard), repeated: false }
}

const answered = (response: KeyMaterialResponse) =>
  ({ status: 200, mls: encodeBody(keyMaterialResponse, response) }) as const
