/** Invitations that operators make: each lets one registration in, and may keep a handle for it. */
import { z } from 'zod'
import { foldHandle, handleAggregate, handleHash } from '../../commands/account/handleReservation.js'
import { invitationAggregate, isOver } from '../../commands/account/invitation.js'
import { actBy } from '../../commands/chains/operatorAct.js'
import { operatorsAggregate } from '../../commands/operators/operators.js'
import { issueInvitation } from '../../commands/operators/registration.js'
import { described } from '../../contract/fields.js'
import { invitationAnswer, invitationHash, invitationsAnswer } from '../../contract/invitations.js'
import type { InvitationShown } from '../../contract/invitations.js'
import { expiresField, operatorPath, pageField } from '../../contract/operators.js'
import { handleStream } from '../../events/handle.js'
import { invitationStream } from '../../events/invitation.js'
import { operatorsStream } from '../../events/operators.js'
import type { Keys } from '../../ports/keys.js'
import type { Random } from '../../ports/random.js'
import type { CommandContext } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { recordedIn } from '../http/place.js'
import { positionOnly } from '../http/positionOnly.js'
import type { CommandReply } from '../http/route.js'
import { expiryOf, newInvitation } from '../tokens/invitationToken.js'
import { hashOfToken } from '../tokens/operatorToken.js'
import type { OperatorPrincipal } from '../tokens/operatorToken.js'
import { pageLimit } from '../http/withinLimits.js'
import { actsPage } from './actsPage.js'
import type { ActsDependencies, PlacedAct } from './actsPage.js'
import { operatorRoute } from './door.js'
import type { OperatorRoute } from './door.js'
import { byOf, knownAct, recordedAct, whyBody } from './recordedAct.js'

export type InvitationDependencies = ActsDependencies & {
  readonly streams: Streams
  readonly random: Random
  /** Under which handles are hashed. */
  readonly keys: { readonly server: Pick<Keys['server'], 'handleKey'> }
}

const tag = 'Operators'
const path = `${operatorPath}/invitations`

const request = whyBody.extend({
  handle: described(
    z.string().max(64),
    'The handle that is kept for who comes by it: no other may be taken then',
    'alice',
  ).optional(),
  expires: expiresField
    .optional()
    .describe('Until when it lets somebody in, ms since 1970; a week where it is left out'),
})

export const invitationRoutes = (deps: InvitationDependencies): readonly OperatorRoute[] => [
  operatorRoute({
    method: 'post',
    path,
    tag,
    summary: 'Invite somebody',
    description:
      'Makes an invitation, which lets one registration in. With `handle` it is an account that waits for its owner. The server keeps its hash alone.',
    access: 'operate',
    body: request,
    example: { body: { why: 'a new colleague' } },
    success: { status: 201, body: invitationAnswer },
    problems: ['already-exists', 'limit-reached'],
    known: knownAct(deps.streams),
    answer: ({ principal, body, command }) => invite(deps, principal, body, command),
  }),
  operatorRoute({
    method: 'get',
    path,
    tag,
    summary: 'List the invitations, newest first',
    description:
      'By their hashes: nobody is told who came by one. Pass `next` back as `before` for the next page; one may be short, or empty.',
    access: 'read',
    query: z.strictObject({ before: pageField.optional(), limit: pageLimit(deps.limits) }),
    success: { status: 200, body: invitationsAnswer },
    problems: [],
    answer: async ({ query, command }) => {
      const page = await actsPage(deps, query)
      if ('rejected' in page) return page
      const { acts, ...next } = page
      const invitations = (await Promise.all(acts.map((act) => shown(deps.streams, act, command.at)))).flat()
      return { status: 200, body: { invitations, ...next } }
    },
  }),
  operatorRoute({
    method: 'delete',
    path: `${path}/{invitation}`,
    tag,
    summary: 'Revoke an invitation',
    description: 'It lets nobody in any more; who came by it stays. The handle that it kept is free.',
    access: 'operate',
    params: z.strictObject({ invitation: invitationHash }),
    body: whyBody,
    success: positionOnly,
    problems: ['no-such-invitation'],
    known: knownAct(deps.streams),
    answer: async (asked) => {
      const { invitation } = asked.params
      const { state } = await deps.streams.read(invitationAggregate, invitationStream(invitation))
      const isThere = (state.status !== 'none' && state.status !== 'revoked') || (await knownAct(deps.streams)(asked))
      return isThere
        ? recordedAct(deps.streams, asked, { type: 'revokeInvitation', invitation })
        : reject({ code: 'no-such-invitation' })
    },
  }),
]

const invite = async (
  deps: InvitationDependencies,
  principal: OperatorPrincipal,
  body: z.infer<typeof request>,
  command: CommandContext,
): Promise<CommandReply> => {
  const { streams, random, limits } = deps
  const kept = await handleIn(deps, body.handle, command)
  if ('rejected' in kept) return kept
  const token = newInvitation(random)
  const expires = expiryOf(body.expires, command.at, limits)
  const what = { type: 'makeInvitation', invitation: hashOfToken(token), expires, ...kept } as const
  const decide = issueInvitation({ act: { by: byOf(principal), what, why: body.why }, at: command.at, ...limits })
  const done = await actBy(streams, command, decide)
  if ('rejected' in done) return done
  if (done.what.type !== 'makeInvitation') throw new Error('an invitation recorded something else')
  const { invitation: hash, expires: until } = done.what
  const once = done.repeated ? {} : { invitation: token }
  return { status: 201, body: { ...once, hash, expires: until }, ...recordedIn(done) }
}

/** Looked at before it is on record: what is taken already is refused without an act. */
const handleIn = async (
  { streams, keys }: InvitationDependencies,
  handle: string | undefined,
  { id }: CommandContext,
): Promise<Rejected | { readonly handleHash?: string }> => {
  if (handle === undefined) return {}
  const folded = foldHandle(handle)
  if (folded === undefined)
    return reject({
      code: 'malformed',
      detail: 'body.handle: 3 to 32 of a-z, 0-9, ".", "_", "-", the first a letter or digit',
    })
  const hash = handleHash(keys.server.handleKey, folded)
  const { state } = await streams.read(handleAggregate, handleStream(hash))
  const isTaken = state.status === 'reserved' && !(await streams.knows(operatorsAggregate, operatorsStream, { id }))
  return isTaken ? reject({ code: 'already-exists', what: 'handle' }) : { handleHash: hash }
}

const shown = async (
  streams: Streams,
  { what, number, at, by, why }: PlacedAct,
  now: number,
): Promise<readonly InvitationShown[]> => {
  if (what.type !== 'makeInvitation') return []
  const { invitation: hash, expires, handleHash: kept } = what
  const { state } = await streams.read(invitationAggregate, invitationStream(hash))
  const status = state.status === 'open' && isOver(state, now) ? 'expired' : state.status
  // On record and not made: a handle was taken meanwhile.
  if (status === 'none') return []
  return [{ hash, act: number, made: at, expires, by: by.token, why, status, keepsHandle: kept !== undefined }]
}
