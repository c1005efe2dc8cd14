/** What operators do to people: keep them out, let them in again, remove them or one of their clients; each on record first. */
import { z } from 'zod'
import { clientOf, userAggregate } from '../../commands/account/user.js'
import { clientUri, userUri } from '../../contract/fields.js'
import { operatorPath } from '../../contract/operators.js'
import type { OperatorAct } from '../../events/operators.js'
import { userStream } from '../../events/user.js'
import type { ClientId, UserId } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { positionOnly } from '../http/positionOnly.js'
import type { CommandReply } from '../http/route.js'
import { operatorRoute } from './door.js'
import type { OperatorRoute } from './door.js'
import { knownAct, recordedAct, whyBody } from './recordedAct.js'

const tag = 'Operators'
const path = `${operatorPath}/users/{user}`
const ofUser = z.strictObject({ user: userUri })

export const userActRoutes = (streams: Streams): readonly OperatorRoute[] => {
  const known = knownAct(streams)
  type Asked = Parameters<typeof recordedAct>[1]
  /** What is asked again is answered as it was, though the user is gone by then. */
  const acting = async (
    asked: Asked,
    what: OperatorAct,
    refused: Promise<Rejected | undefined>,
  ): Promise<CommandReply> => {
    const why = await refused
    return why === undefined || (await known(asked)) ? recordedAct(streams, asked, what) : why
  }
  const common = { tag, access: 'operate', body: whyBody, success: positionOnly, known } as const
  return [
    operatorRoute({
      ...common,
      method: 'post',
      path: `${path}/disable`,
      summary: 'Keep a user out',
      description:
        'Its clients’ tokens hold no more and none is given, its sockets are closed, nobody finds it or claims its KeyPackages. It stays in its groups, and what was addressed to its fan-out queues can still be fetched: no queue tells whose it is.',
      params: ofUser,
      problems: ['no-such-user'],
      answer: (asked) =>
        acting(asked, { type: 'disableUser', user: asked.params.user }, whyNot(streams, asked.params.user)),
    }),
    operatorRoute({
      ...common,
      method: 'post',
      path: `${path}/enable`,
      summary: 'Let a user in again',
      description: 'As it was before it was disabled.',
      params: ofUser,
      problems: ['no-such-user'],
      answer: (asked) =>
        acting(asked, { type: 'enableUser', user: asked.params.user }, whyNot(streams, asked.params.user)),
    }),
    operatorRoute({
      ...common,
      method: 'delete',
      path: `${path}/handle`,
      summary: 'Take a user’s handle away',
      description:
        'It has none from then on, and nobody finds it by one; the handle is free for whoever registers with it.',
      params: ofUser,
      problems: ['no-such-user'],
      answer: (asked) =>
        acting(asked, { type: 'withdrawHandle', user: asked.params.user }, whyNot(streams, asked.params.user)),
    }),
    operatorRoute({
      ...common,
      method: 'delete',
      path,
      summary: 'Remove a user',
      description:
        'As if it had deleted its account: cut off, out of its groups, its data unreadable for ever, its handle free.',
      params: ofUser,
      problems: ['no-such-user'],
      answer: (asked) =>
        acting(asked, { type: 'removeUser', user: asked.params.user }, whyNot(streams, asked.params.user)),
    }),
    operatorRoute({
      ...common,
      method: 'delete',
      path: `${path}/clients/{client}`,
      summary: 'Remove a client of a user',
      description:
        'As if the user had: cut off, its certificates revoked, its groups must remove it. The last one stays: remove the user.',
      params: z.strictObject({ user: userUri, client: clientUri }),
      problems: ['no-such-user', 'no-such-client', 'not-allowed'],
      answer: (asked) => {
        const { user, client } = asked.params
        return acting(asked, { type: 'removeClient', user, client }, whyNot(streams, user, client))
      },
    }),
  ]
}

/** Why there is nothing to do it to: what is refused is no act. */
const whyNot = async (streams: Streams, user: UserId, client?: ClientId): Promise<Rejected | undefined> => {
  const { state } = await streams.read(userAggregate, userStream(user))
  if (state.status !== 'active') return reject({ code: 'no-such-user' })
  if (client === undefined) return undefined
  if (clientOf(state, client) === undefined) return reject({ code: 'no-such-client' })
  return state.clients.length === 1 ? reject({ code: 'not-allowed', capability: 'removeLastClient' }) : undefined
}
