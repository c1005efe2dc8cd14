/** History for a new client: offered by another one of its user, and told to that client alone. */
import { z } from 'zod'
import { offerHistory } from '../../commands/account/history.js'
import { userAggregate } from '../../commands/account/user.js'
import { userStream } from '../../events/user.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { Limits } from '../../limits/limits.js'
import { bytesIn, clientUri } from '../../contract/fields.js'
import { reject } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { positionOnly, positionReply } from '../http/positionOnly.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import { knownOfUser } from './users.js'

export const historyRoutes = (deps: { readonly streams: Streams; readonly limits: Limits }): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/clients/{client}/history',
    tag: 'Authentication Service',
    summary: 'Offer one of your clients what was said before it came',
    description:
      'The offer says where the encrypted archive is and what opens it; it is sealed to that client, which alone is told.',
    access: 'client',
    params: z.strictObject({ client: clientUri }),
    body: z.strictObject({ offer: bytesIn.describe('Sealed to that client, opaque here') }),
    success: positionOnly,
    problems: ['no-such-user', 'no-such-client'],
    known: knownOfUser(deps),
    answer: async ({ principal, params: { client }, body, command }) => {
      const max = deps.limits.historyOfferBytesMax
      if (body.offer.length > max) return reject({ code: 'too-large', max, actual: body.offer.length })
      const decide = offerHistory({ by: principal.client, client, offer: toBase64url(body.offer) })
      return positionReply(await deps.streams.execute(userAggregate, userStream(principal.user), command, decide))
    },
  }),
]
