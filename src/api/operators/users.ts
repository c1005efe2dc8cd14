/** People, for operators: found in lists that are not on record, and looked at one by one, which is. */
import { z } from 'zod'
import { foldHandle } from '../../commands/account/handleReservation.js'
import { isDisabled, userAggregate } from '../../commands/account/user.js'
import type { ActiveUser } from '../../commands/account/user.js'
import { act } from '../../commands/chains/operatorAct.js'
import { described, userUri } from '../../contract/fields.js'
import { operatorPath, whyField } from '../../contract/operators.js'
import { afterField, userAnswer, usersAnswer } from '../../contract/people.js'
import type { UserShown, UsersShown } from '../../contract/people.js'
import { decryptUnderSubjectKey } from '../../events/form/underSubjectKey.js'
import { userStream } from '../../events/user.js'
import type { Limits } from '../../limits/limits.js'
import { parseUserId } from '../../mls/wire/ids.js'
import type { Domain, UserId } from '../../mls/wire/ids.js'
import type { Keys } from '../../ports/keys.js'
import type { Directory } from '../../projections/directory/queries.js'
import type { UserRow } from '../../projections/directory/tables.js'
import type { GroupQueries } from '../../projections/groups/queries.js'
import type { QueueView } from '../../projections/queues/view.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { recordedIn } from '../http/place.js'
import { pageLimit } from '../http/withinLimits.js'
import { operatorRoute } from './door.js'
import type { OperatorRoute } from './door.js'
import { byOf } from './recordedAct.js'

export type PeopleDependencies = {
  readonly domain: Domain
  readonly streams: Streams
  readonly keys: Pick<Keys, 'subjects'>
  readonly people: {
    readonly directory: Pick<Directory, 'users' | 'named' | 'userOf'>
    readonly queues: Pick<QueueView, 'queue' | 'waiting'>
    readonly groups: Pick<GroupQueries, 'groupsOfUser'>
  }
  readonly limits: Limits
}

const tag = 'Operators'
const path = `${operatorPath}/users`
const waitingMax = 1_000

export const userListRoutes = (deps: PeopleDependencies): readonly OperatorRoute[] => [
  operatorRoute({
    method: 'get',
    path,
    tag,
    summary: 'List users, or find them by id or handle',
    description:
      'Everybody, by id; with `user` or `handle` that one, with `prefix` those whose handles begin so, whether others may find them or not. Pass `next` back as `after` for the next page.',
    access: 'read',
    query: z.strictObject({
      user: userUri.optional(),
      handle: described(z.string().max(64), 'A whole handle', 'alice').optional(),
      prefix: described(z.string().max(64), 'The beginning of handles', 'ali').optional(),
      after: afterField.optional(),
      limit: pageLimit(deps.limits),
    }),
    success: { status: 200, body: usersAnswer },
    problems: [],
    answer: async ({ query }) => {
      const page = await listed(deps, query)
      return 'rejected' in page ? page : { status: 200, body: page }
    },
  }),
  operatorRoute({
    method: 'get',
    path: `${path}/{user}`,
    tag,
    summary: 'Look at one user',
    description:
      'Its clients, how much waits for each and since when, its groups. On record before it is shown, with `why`: nothing of what was said is here, for the server cannot read it.',
    access: 'read',
    params: z.strictObject({ user: userUri }),
    query: z.strictObject({ why: whyField }),
    success: { status: 200, body: userAnswer },
    problems: ['no-such-user', 'user-deleted'],
    answer: async ({ principal, params: { user }, query: { why }, command }) => {
      const { state } = await deps.streams.read(userAggregate, userStream(user))
      if (state.status === 'deleted') return reject({ code: 'user-deleted' })
      if (state.status !== 'active') return reject({ code: 'no-such-user' })
      const looked = await act(deps.streams, command, { by: byOf(principal), what: { type: 'lookAtUser', user }, why })
      if ('rejected' in looked) return looked
      const { place } = recordedIn(looked)
      return { status: 200, body: await shown(deps, state), place }
    },
  }),
]

type Asked = {
  readonly user?: UserId | undefined
  readonly handle?: string | undefined
  readonly prefix?: string | undefined
  readonly after?: string | undefined
  readonly limit: number
}

const listed = async ({ people: { directory } }: PeopleDependencies, asked: Asked): Promise<UsersShown | Rejected> => {
  const { user, handle, prefix, after, limit } = asked
  if ([user, handle, prefix].filter((one) => one !== undefined).length > 1)
    return reject({ code: 'malformed', detail: 'query: one of user, handle and prefix' })
  if (user !== undefined)
    return pageOf(
      [await directory.userOf(user)].flatMap((row) => row ?? []),
      Infinity,
      () => '',
    )
  if (handle !== undefined) {
    const folded = foldHandle(handle)
    const [row] = folded === undefined ? [] : await directory.named(folded, { limit: 1 })
    return pageOf(row?.name === folded && row !== undefined ? [row] : [], Infinity, () => '')
  }
  if (prefix !== undefined) {
    const folded = prefix.toLowerCase()
    if (!/^[a-z0-9][a-z0-9._-]{0,31}$/.test(folded)) return { users: [] }
    return pageOf(await directory.named(folded, { after, limit }), limit, ({ name }) => name ?? '')
  }
  const above = after === undefined ? undefined : parseUserId(after)
  if (after !== undefined && above === undefined)
    return reject({ code: 'malformed', detail: 'query.after: not the `next` of a page' })
  return pageOf(await directory.users({ after: above, limit }), limit, (row) => row.user)
}

const pageOf = (rows: readonly UserRow[], limit: number, placeOf: (row: UserRow) => string): UsersShown => {
  const last = rows.length < limit ? undefined : rows.at(-1)
  const users = rows.map(({ user, handle, discovery, claims, disabled }) => ({
    user,
    handle,
    discovery,
    claims,
    disabled: disabled === true,
  }))
  return last === undefined ? { users } : { users, next: placeOf(last) }
}

const shown = async (
  { keys, people, limits: { listPageMax } }: PeopleDependencies,
  state: ActiveUser,
): Promise<Omit<UserShown, 'position' | 'serverTime'>> => {
  const { user, discovery, claims, handle } = state
  const key = await keys.subjects.get(user)
  const name = key === undefined ? undefined : decryptUnderSubjectKey(key, { user, field: 'handle' }, handle)
  const clients = await Promise.all(
    state.clients.map(async ({ client, directQueue }) => {
      const row = await people.queues.queue(directQueue)
      const { count, oldest } =
        row === undefined ? { count: 0, oldest: undefined } : await people.queues.waiting(row, waitingMax)
      return { client, directQueue, waiting: count, ...ageOf(oldest) }
    }),
  )
  const groups = await people.groups.groupsOfUser(user, { limit: listPageMax + 1 })
  return {
    user,
    handle: name ?? null,
    discovery,
    claims,
    disabled: isDisabled(state),
    recovery: state.recovery !== undefined,
    clients,
    groups: groups.slice(0, listPageMax),
    moreGroups: groups.length > listPageMax,
  }
}

/** When an item came, as it says itself. */
const ageOf = (item: string | undefined): { readonly oldest?: number } => {
  if (item === undefined) return {}
  const { at } = JSON.parse(item) as { readonly at?: number }
  return at === undefined ? {} : { oldest: at }
}
