/** decide, an extension: what a follower's clients, or the follower itself, ask of a group of ours beside MLS. The hub decides as at home. */
import { z } from 'zod'
import type { CommandReply } from '../../api/http/route.js'
import type { Charge } from '../../api/http/budgets/rateLimits.js'
import { executeStoring } from '../../commands/chains/executeStoring.js'
import { groupAggregate } from '../../commands/group/group.js'
import type { Group } from '../../commands/group/fold/state.js'
import { groupUri } from '../../contract/fields.js'
import { groupStream } from '../../events/group.js'
import type { GroupEvent } from '../../events/group.js'
import type { Limits } from '../../limits/limits.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import type { Blobs } from '../../ports/blobs.js'
import type { AskedOfHub } from '../../ports/peers.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Outcome } from '../../streams/outcome.js'
import { reject } from '../../streams/rejection.js'
import type { Rejection } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { askedOfHub, saidByHub } from '../askedOfHub.js'
import type { SaidByHub } from '../askedOfHub.js'
import { acceptedHeader, problemField, problemHeader } from '../problemHeader.js'
import { decisionOn, refuseWord } from './decisionOn.js'
import { peerRoute } from './door.js'
import type { PeerRoute } from './door.js'

export const decidePath = '/federation/v1/decide/{roomId}'

type Decided = Outcome<Group, GroupEvent>

export type DecideDependencies = {
  readonly streams: Streams
  readonly blobs: Pick<Blobs, 'put'>
  readonly domain: Domain
  readonly limits: Pick<Limits, 'queueAgeMsMax' | 'groupProfileBytesMax'>
}

export const decideRoute = (deps: DecideDependencies): PeerRoute =>
  peerRoute({
    method: 'post',
    path: decidePath,
    tag: 'Federation',
    summary: 'Ask for something beside MLS in a group of ours',
    description:
      'Roles, settings, profile, deletion, reset and faults, by the word of a server on a user of its own that has a leaf in the group; and leaves of that server that have to go. An Idempotency-Key makes a repeated request the same one. `accepted`, and Homeserver-Accepted, is the id of the last fact that it became; `refused`, and Homeserver-Problem, says why it became none.',
    access: 'peer',
    params: z.strictObject({ roomId: groupUri }),
    body: askedOfHub,
    success: { status: 200, body: saidByHub },
    problems: ['no-such-group', 'identity-mismatch'],
    known: ({ params: { roomId }, command }) => deps.streams.knows(groupAggregate, groupStream(roomId), command),
    answer: async ({ principal, params: { roomId: group }, body: asked, command, charge }) => {
      const refused = refuseWord(asked, principal.domain)
      if (refused !== undefined) return refused
      if (domainOf(group) !== deps.domain) return reject({ code: 'no-such-group' })
      const limited = asked.type === 'requireRemoval' ? undefined : await charge(asked.by, costOf(asked, group))
      return limited ?? answerTo(await decideHere(deps, { peer: principal.domain, group, asked }, command))
    },
  })

/** As at home; what a server asks by itself costs it requests alone. */
const costOf = (asked: Exclude<AskedOfHub, { type: 'requireRemoval' }>, group: GroupId): readonly Charge[] => [
  { rate: 'commandsPerClient', key: asked.by },
  ...(asked.type === 'reportFault'
    ? [{ rate: 'proposalsPerClientAndGroup', key: `${asked.client} ${group}` } as const]
    : []),
]

type Asked = { readonly peer: Domain; readonly group: GroupId; readonly asked: AskedOfHub }

const decideHere = async (
  deps: DecideDependencies,
  { peer, group, asked }: Asked,
  command: CommandContext,
): Promise<Decided> => {
  const stream = groupStream(group)
  const decide = decisionOn(asked, peer, deps.limits)
  if (asked.type !== 'changeProfile') return deps.streams.execute(groupAggregate, stream, command, decide)
  const { state: before } = await deps.streams.read(groupAggregate, stream)
  return executeStoring(deps, groupAggregate, { stream, command, before, decide, bytes: [asked.profile] })
}

/** What is no word of the group: whoever asks is told as by any other route. */
const asProblem: ReadonlySet<Rejection['code']> = new Set([
  'no-such-group',
  'identity-mismatch',
  'idempotency-mismatch',
] as const)

const answerTo = (outcome: Decided): CommandReply => {
  if (!('rejected' in outcome)) return accepted(outcome)
  const { rejected } = outcome
  if (asProblem.has(rejected.code)) return outcome
  const field = problemField(rejected)
  const body: SaidByHub = { refused: JSON.parse(field) as { code: string } }
  return { status: 200, body, headers: { [problemHeader]: field }, repeated: false }
}

/** By the last of its facts, as nothing of it comes after that. */
const accepted = ({ recorded, at, repeated }: Exclude<Decided, { rejected: unknown }>): CommandReply => {
  const last = recorded.at(-1)
  const [first] = recorded
  const version = first?.type === 'ProfileChanged' ? { version: first.data.version } : {}
  if (last === undefined) return { status: 200, body: { at } satisfies SaidByHub, repeated }
  const body: SaidByHub = { accepted: last.id, at, ...version }
  return { status: 200, body, headers: { [acceptedHeader]: last.id }, repeated }
}
