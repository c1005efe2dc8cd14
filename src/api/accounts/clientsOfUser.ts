/** Whose clients are which: of a user of this server by its log, of another one's by that server. */
import { z } from 'zod'
import { visibleUser } from '../../commands/chains/visibleUser.js'
import { clientsAnswer, clientsShown } from '../../contract/clients.js'
import { userUri } from '../../contract/fields.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain, UserId } from '../../mls/wire/ids.js'
import type { OtherServers } from '../../ports/peers.js'
import { reject } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { costOfAsking, elsewhereProblems } from '../elsewhere/elsewhere.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import type { Reply } from '../http/route.js'

export type ClientsOfUserDependencies = {
  readonly streams: Pick<Streams, 'read'>
  readonly domain: Domain
  /** Undefined: no other server is asked. */
  readonly others?: OtherServers | undefined
}

export const clientsOfUserRoute = (deps: ClientsOfUserDependencies): Route =>
  route({
    method: 'get',
    path: '/v1/users/{user}/clients',
    tag: 'Authentication Service',
    summary: 'List a user’s clients and their certificates',
    description:
      'What others verify its leaves by. Of a user of another server they are asked for there: verify them against that server’s root.',
    access: 'client',
    params: z.strictObject({ user: userUri }),
    success: { status: 200, body: clientsAnswer },
    problems: ['no-such-user', ...elsewhereProblems],
    rates: ({ principal, params }) => costOfAsking(params.user, deps.domain, principal),
    answer: ({ principal, params: { user } }) =>
      domainOf(user) === deps.domain ? listHere(deps, user, principal.user) : listElsewhere(deps, user, principal.user),
  })

const listHere = async ({ streams }: ClientsOfUserDependencies, user: UserId, by: UserId): Promise<Reply> => {
  const visible = await visibleUser(streams, { user, to: by })
  return 'rejected' in visible ? visible : { status: 200, body: clientsShown(visible.clients) }
}

const listElsewhere = async ({ others }: ClientsOfUserDependencies, user: UserId, by: UserId): Promise<Reply> => {
  const clients = await others?.clientsOf({ user, by })
  return clients === undefined ? reject({ code: 'no-such-user' }) : { status: 200, body: { clients } }
}
