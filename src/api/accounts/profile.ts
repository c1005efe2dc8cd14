/** A user's profile: ciphertext for whom the user told the key, with a version that its clients must have seen. */
import { z } from 'zod'
import { changeUserProfile } from '../../commands/account/profile.js'
import { userAggregate } from '../../commands/account/user.js'
import { visibleUser } from '../../commands/chains/visibleUser.js'
import { userStream } from '../../events/user.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain, UserId } from '../../mls/wire/ids.js'
import type { OtherServers } from '../../ports/peers.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { Blobs } from '../../ports/blobs.js'
import { StoreUnavailable } from '../../ports/eventStore.js'
import type { Limits } from '../../limits/limits.js'
import { bytesIn, bytesOut, userUri } from '../../contract/fields.js'
import { reject } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { blobReferenceOf } from '../../events/form/blobReference.js'
import { executeStoring } from '../../commands/chains/executeStoring.js'
import { recordedIn } from '../http/place.js'
import { etagHeader, etagOf, ifMatchHeader, ifVersionOf, newVersion, version } from '../http/version.js'
import type { Ask, CommandReply, Reply } from '../http/route.js'
import { costOfAsking, elsewhereProblems } from '../elsewhere/elsewhere.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import type { ClientPrincipal } from '../principal.js'
import { knownOfUser } from './users.js'

export type UserProfileDependencies = {
  readonly streams: Streams
  readonly blobs: Blobs
  readonly limits: Limits
  readonly domain: Domain
  /** Undefined: no other server is asked. */
  readonly others?: OtherServers | undefined
}

const tag = 'Authentication Service'
const profileBody = z.strictObject({ profile: bytesIn.describe('Ciphertext for whoever was told the key') })

export const userProfileRoutes = (deps: UserProfileDependencies): readonly Route[] => [
  route({
    method: 'get',
    path: '/v1/users/{user}/profile',
    tag,
    summary: 'Read a user’s profile',
    description:
      'Version 0 and no bytes where none was written. The ETag is the version. A user who blocked you is unknown. That of a user of another server is asked for there.',
    access: 'client',
    params: z.strictObject({ user: userUri }),
    success: {
      status: 200,
      body: z.object({ version, profile: bytesOut.describe('Ciphertext for whoever was told the key') }),
      headers: etagHeader,
    },
    problems: ['no-such-user', ...elsewhereProblems],
    rates: ({ principal, params }) => costOfAsking(params.user, deps.domain, principal),
    answer: async ({ principal, params }) => {
      if (domainOf(params.user) !== deps.domain) return readElsewhere(deps, params.user, principal.user)
      const user = await visibleUser(deps.streams, { user: params.user, to: principal.user })
      if ('rejected' in user) return user
      const { version, blob } = user.profile ?? { version: 0, blob: undefined }
      const profile = blob === undefined ? new Uint8Array() : await deps.blobs.get(blob.digest)
      if (profile === undefined) throw new StoreUnavailable('a user profile is not in the blob store')
      return { status: 200, body: { version, profile: toBase64url(profile) }, headers: etagOf(version) }
    },
  }),
  route({
    method: 'put',
    path: '/v1/users/me/profile',
    tag,
    summary: 'Replace your profile',
    description: 'Needs `If-Match: "<version>"`, the version that it replaces; "0" where there is none.',
    access: 'client',
    body: profileBody,
    headers: ifMatchHeader,
    success: { status: 200, body: newVersion },
    problems: ['no-such-user', 'version-mismatch'],
    known: knownOfUser(deps),
    answer: (ask) => change(deps, ask),
  }),
]

const readElsewhere = async ({ others }: UserProfileDependencies, user: UserId, by: UserId): Promise<Reply> => {
  const found = await others?.profileOf({ user, by })
  return found === undefined
    ? reject({ code: 'no-such-user' })
    : { status: 200, body: found, headers: etagOf(found.version) }
}

type Changed = Ask<ClientPrincipal, undefined, undefined, z.infer<typeof profileBody>>

const change = async (
  deps: UserProfileDependencies,
  { principal, body, command, header }: Pick<Changed, 'principal' | 'body' | 'command' | 'header'>,
): Promise<CommandReply> => {
  const ifVersion = ifVersionOf(header)
  if (typeof ifVersion !== 'number') return ifVersion
  const stream = userStream(principal.user)
  const decide = changeUserProfile({ profile: blobReferenceOf(body.profile), ifVersion, limits: deps.limits })
  const { state: before } = await deps.streams.read(userAggregate, stream)
  const storing = { stream, command, before, decide, bytes: [body.profile] }
  const outcome = await executeStoring(deps, userAggregate, storing)
  if ('rejected' in outcome) return outcome
  const [changed] = outcome.recorded
  if (changed?.type !== 'UserProfileChanged') throw new Error('a profile was changed without its event')
  return { status: 200, body: { version: changed.data.version }, ...recordedIn(outcome) }
}
