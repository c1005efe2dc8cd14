/** Invitations that users make, where the operator lets them: each lets one registration in. */
import { z } from 'zod'
import { invitationAggregate, isOver } from '../../commands/account/invitation.js'
import {
  issueOwnInvitation,
  revokeOwnInvitation,
  userInvitationsAggregate,
} from '../../commands/account/userInvitations.js'
import type { OwnInvitation } from '../../commands/account/userInvitations.js'
import { followInvitation } from '../../commands/chains/userInvitation.js'
import { invitationAnswer, invitationHash, ownInvitationsAnswer } from '../../contract/invitations.js'
import type { OwnInvitationShown } from '../../contract/invitations.js'
import { expiresField } from '../../contract/operators.js'
import { invitationStream } from '../../events/invitation.js'
import { userInvitationsStream } from '../../events/userInvitations.js'
import type { Limits } from '../../limits/limits.js'
import type { UserId } from '../../mls/wire/ids.js'
import type { Random } from '../../ports/random.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Streams } from '../../streams/streams.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import { recordedIn } from '../http/place.js'
import { positionOnly, positionReply } from '../http/positionOnly.js'
import type { CommandReply, Reply } from '../http/route.js'
import { pageLimit } from '../http/withinLimits.js'
import { expiryOf, newInvitation } from '../tokens/invitationToken.js'
import { hashOfToken } from '../tokens/operatorToken.js'

export type InvitationRoutesDependencies = {
  readonly streams: Streams
  readonly limits: Limits
  readonly random: Random
}

const tag = 'Authentication Service'
const path = '/v1/invitations'
const request = z
  .strictObject({
    expires: expiresField
      .optional()
      .describe('Until when it lets somebody in, ms since 1970; a week where it is left out'),
  })
  .meta({ title: 'OwnInvitationRequest', description: 'An invitation to be made' })

export const invitationRoutes = (deps: InvitationRoutesDependencies): readonly Route[] => [
  route({
    method: 'post',
    path,
    tag,
    summary: 'Invite somebody',
    description:
      'Where the operator lets users invite (`invitationsPerUserMax` of the discovery document). It lets one registration in, as long as you have your account. The server keeps its hash alone.',
    access: 'client',
    body: request,
    example: { body: {} },
    success: { status: 201, body: invitationAnswer },
    problems: ['limit-reached'],
    known: knownOfIssuer(deps),
    answer: ({ principal, body, command }) => invite(deps, principal.user, body, command),
  }),
  route({
    method: 'get',
    path,
    tag,
    summary: 'List your invitations, newest first',
    description:
      'By their hashes, and not who came by one. Those that ended long ago are not among them. Pass `next` back as `before`.',
    access: 'client',
    query: z.strictObject({
      before: invitationHash.optional().describe('The `next` of the page before'),
      limit: pageLimit(deps.limits),
    }),
    success: { status: 200, body: ownInvitationsAnswer },
    problems: [],
    answer: ({ principal, query, command }) => list(deps, principal.user, query, command.at),
  }),
  route({
    method: 'delete',
    path: `${path}/{invitation}`,
    tag,
    summary: 'Revoke an invitation of yours',
    description: 'It lets nobody in any more; who came by it stays.',
    access: 'client',
    params: z.strictObject({ invitation: invitationHash }),
    success: positionOnly,
    problems: ['no-such-invitation'],
    known: knownOfIssuer(deps),
    answer: async ({ principal: { user }, params: { invitation }, command }) => {
      const decide = revokeOwnInvitation({ user, invitation })
      const outcome = await deps.streams.execute(userInvitationsAggregate, userInvitationsStream(user), command, decide)
      if ('rejected' in outcome) return outcome
      await followed(deps, outcome)
      return positionReply(outcome)
    },
  }),
]

const knownOfIssuer =
  ({ streams }: InvitationRoutesDependencies) =>
  ({ principal, command }: { readonly principal: { readonly user: UserId }; readonly command: CommandContext }) =>
    streams.knows(userInvitationsAggregate, userInvitationsStream(principal.user), command)

const invite = async (
  deps: InvitationRoutesDependencies,
  user: UserId,
  body: z.infer<typeof request>,
  command: CommandContext,
): Promise<CommandReply> => {
  const { streams, random, limits } = deps
  const token = newInvitation(random)
  const { at } = command
  const expires = expiryOf(body.expires, at, limits)
  const decide = issueOwnInvitation({ user, invitation: hashOfToken(token), expires, at, limits })
  const outcome = await streams.execute(userInvitationsAggregate, userInvitationsStream(user), command, decide)
  if ('rejected' in outcome) return outcome
  await followed(deps, outcome)
  const [issued] = outcome.recorded
  if (issued?.type !== 'UserInvitationIssued') throw new Error('an invitation recorded something else')
  const { invitation: hash, expires: until } = issued.data
  const once = outcome.repeated ? {} : { invitation: token }
  return { status: 201, body: { ...once, hash, expires: until }, ...recordedIn(outcome) }
}

type Recorded = {
  readonly at: number
  readonly recorded: readonly (Parameters<typeof followInvitation>[1] & { readonly id: string })[]
}

const followed = async ({ streams }: InvitationRoutesDependencies, { at, recorded }: Recorded): Promise<void> => {
  for (const event of recorded) await followInvitation(streams, event, { cause: event.id, at })
}

const list = async (
  { streams }: InvitationRoutesDependencies,
  user: UserId,
  { before, limit }: { readonly before?: string | undefined; readonly limit: number },
  now: number,
): Promise<Reply> => {
  const { state } = await streams.read(userInvitationsAggregate, userInvitationsStream(user))
  const all = state.invitations.toReversed()
  // One that was revoked meanwhile ends the list where it stood: whoever begins again sees the rest.
  const from = before === undefined ? 0 : all.findIndex(({ invitation }) => invitation === before) + 1
  const page = before !== undefined && from === 0 ? [] : all.slice(from, from + limit)
  const invitations = await Promise.all(page.map((one) => shown(streams, one, now)))
  const last = from + limit < all.length ? page.at(-1) : undefined
  return { status: 200, body: { invitations, ...(last === undefined ? {} : { next: last.invitation }) } }
}

const shown = async (
  streams: Streams,
  { invitation: hash, made, expires }: OwnInvitation,
  now: number,
): Promise<OwnInvitationShown> => {
  const { state } = await streams.read(invitationAggregate, invitationStream(hash))
  const isOpen = state.status === 'none' || state.status === 'open'
  const ended = isOpen && (expires <= now || isOver(state, now)) ? 'expired' : undefined
  return { hash, made, expires, status: ended ?? (state.status === 'none' ? 'open' : state.status) }
}
