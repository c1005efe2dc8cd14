/** profile, an extension: the profile of a user of ours, ciphertext for whom the user told the key, to whom would find it by its handle. */
import { z } from 'zod'
import type { Charge } from '../../api/http/budgets/rateLimits.js'
import type { Reply } from '../../api/http/route.js'
import type { ActiveUser } from '../../commands/account/user.js'
import { bytesOut, described, userUri } from '../../contract/fields.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { Blobs } from '../../ports/blobs.js'
import { StoreUnavailable } from '../../ports/eventStore.js'
import { reject } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { peerRoute } from './door.js'
import type { PeerRoute } from './door.js'
import { seenBy } from './seenBy.js'

const profilePath = '/federation/v1/profile/{user}'
export const profileTemplate = `${profilePath}?by={by}`

export type ProfileDependencies = {
  readonly streams: Pick<Streams, 'read'>
  readonly blobs: Pick<Blobs, 'get'>
  readonly domain: Domain
}

export const profileRoute = (deps: ProfileDependencies): PeerRoute =>
  peerRoute({
    method: 'get',
    path: profilePath,
    tag: 'Federation',
    summary: 'Read the profile of a user of ours',
    description:
      '`by`: the user of the peer that asks. Version 0 and no bytes where none was written. Whom it may not see looks as if nobody were there.',
    access: 'peer',
    params: z.strictObject({ user: userUri }),
    query: z.strictObject({ by: userUri }),
    success: {
      status: 200,
      body: z.object({
        version: described(z.number().int(), 'The version of the profile', 4),
        profile: bytesOut.describe('Ciphertext for whoever was told the key'),
      }),
    },
    problems: ['no-such-user', 'identity-mismatch'],
    rates: ({ principal }) => [lookup(principal.domain)],
    answer: async ({ principal, params: { user }, query: { by }, charge }) => {
      if (domainOf(by) !== principal.domain)
        return reject({ code: 'identity-mismatch', detail: 'who asks is no user of that server' })
      const seen = domainOf(user) === deps.domain ? await seenBy(deps.streams, user, by) : undefined
      if (seen !== undefined) return profileOf(deps, seen)
      const limited = await charge(principal.domain, [{ ...lookup(principal.domain), cost: 2 }])
      return limited ?? reject({ code: 'no-such-user' })
    },
  })

const lookup = (peer: Domain): Charge => ({ rate: 'lookupsPerPeer', key: peer })

const profileOf = async ({ blobs }: ProfileDependencies, { profile }: ActiveUser): Promise<Reply> => {
  const bytes = profile === undefined ? new Uint8Array() : await blobs.get(profile.blob.digest)
  if (bytes === undefined) throw new StoreUnavailable('a user profile is not in the blob store')
  return { status: 200, body: { version: profile?.version ?? 0, profile: toBase64url(bytes) } }
}
