/** clients, an extension: the certificates of a user of ours, for whom would find it by its handle. */
import { z } from 'zod'
import type { Charge } from '../../api/http/budgets/rateLimits.js'
import { clientsAnswer, clientsShown } from '../../contract/clients.js'
import { userUri } from '../../contract/fields.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { peerRoute } from './door.js'
import type { PeerRoute } from './door.js'
import { seenBy } from './seenBy.js'

const clientsPath = '/federation/v1/clients/{user}'
export const clientsTemplate = `${clientsPath}?by={by}`

export type ClientsDependencies = { readonly streams: Pick<Streams, 'read'>; readonly domain: Domain }

export const clientsRoute = (deps: ClientsDependencies): PeerRoute =>
  peerRoute({
    method: 'get',
    path: clientsPath,
    tag: 'Federation',
    summary: 'List the clients of a user of ours, with their certificates',
    description: '`by`: the user of the peer that asks. Whom it may not see looks as if nobody were there.',
    access: 'peer',
    params: z.strictObject({ user: userUri }),
    query: z.strictObject({ by: userUri }),
    success: { status: 200, body: clientsAnswer },
    problems: ['no-such-user', 'identity-mismatch'],
    rates: ({ principal }) => [lookup(principal.domain)],
    answer: async ({ principal, params: { user }, query: { by }, charge }) => {
      if (domainOf(by) !== principal.domain)
        return reject({ code: 'identity-mismatch', detail: 'who asks is no user of that server' })
      const seen = domainOf(user) === deps.domain ? await seenBy(deps.streams, user, by) : undefined
      if (seen !== undefined) return { status: 200, body: clientsShown(seen.clients) }
      // Guessing is what misses: it costs three times as much.
      const limited = await charge(principal.domain, [{ ...lookup(principal.domain), cost: 2 }])
      return limited ?? reject({ code: 'no-such-user' })
    },
  })

const lookup = (peer: Domain): Charge => ({ rate: 'lookupsPerPeer', key: peer })
