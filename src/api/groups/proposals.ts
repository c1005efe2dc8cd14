/** Posting a proposal on its own, to be committed by whoever commits next. */
import { z } from 'zod'
import { groupAggregate } from '../../commands/group/group.js'
import { acceptGroupProposal, refuseGroupProposal } from '../../commands/group/proposals.js'
import type { AcceptProposal } from '../../commands/group/proposals.js'
import type { Group } from '../../commands/group/fold/state.js'
import { unreadable } from '../../commands/group/refusals.js'
import { reject } from '../../streams/rejection.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Outcome } from '../../streams/outcome.js'
import type { Rejected } from '../../streams/rejection.js'
import { groupStream } from '../../events/group.js'
import type { GroupEvent } from '../../events/group.js'
import { leavesIn } from '../../mls/group/leavesBrought.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { GroupId } from '../../mls/wire/ids.js'
import { decodeMlsMessage } from '../../mls/wire/mlsMessage.js'
import { bytesIn, bytesOut, epochField, placed } from '../../contract/fields.js'
import { alsoElsewhere, elsewhereProblems } from '../elsewhere/elsewhere.js'
import { forwardProposal } from '../elsewhere/forwardProposal.js'
import { fullClients, refuseNewcomers } from './groupDependencies.js'
import { groupParams, knownOfGroup, tag } from './groupFields.js'
import type { GroupDependencies } from './groupDependencies.js'
import { withWinner } from './groupHistory.js'
import { newcomersIn } from './newcomers.js'
import type { ClientPrincipal } from '../principal.js'
import { recordedIn } from '../http/place.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import type { Ask, CommandReply } from '../http/route.js'

const refField = bytesOut.describe('Its ProposalRef')
const proposalProblems = [
  'no-such-group',
  'not-a-member',
  'group-deleted',
  'not-allowed',
  'identity-mismatch',
  'wrong-epoch',
  'invalid-proposal',
  'invalid-key-package',
  'invalid-leaf',
  'unsupported-message',
  'limit-reached',
  'no-such-client',
] as const

export const proposalRoutes = (deps: GroupDependencies): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/groups/{group}/proposals',
    tag,
    summary: 'Propose a change',
    description: 'A PublicMessage signed by the leaf of the token. A Remove of one’s own leaf is how to leave.',
    access: 'client',
    params: groupParams,
    body: z.strictObject({ proposal: bytesIn.describe('An MLSMessage with a PublicMessage') }),
    mls: true,
    success: {
      status: 201,
      body: z.object({ ref: refField, epoch: epochField, ...placed }),
    },
    also: [alsoElsewhere('ProposedElsewhere', { ref: refField, epoch: epochField })],
    problems: [...proposalProblems, ...elsewhereProblems],
    known: knownOfGroup(deps.streams),
    rates: ({ principal, params }) => [
      { rate: 'proposalsPerClientAndGroup', key: `${principal.client} ${params.group}` },
    ],
    answer: (ask) => propose(deps, ask),
  }),
]

type Proposed = Ask<ClientPrincipal, z.infer<typeof groupParams>, undefined, { readonly proposal: Uint8Array }>

const propose = async (
  deps: GroupDependencies,
  { principal, params, body, mls, command }: Proposed,
): Promise<CommandReply> => {
  const bytes = mls ?? body.proposal
  const message = decodeMlsMessage(bytes, deps.limits.mlsMessageBytesMax)
  if (!message.ok) return unreadable(message.refusal, 'proposal')
  if (message.value.wireFormat !== 'publicMessage' || message.value.publicMessage.content.content.type !== 'proposal') {
    return reject({ code: 'unsupported-message', reason: 'a proposal is a PublicMessage' })
  }
  const { publicMessage } = message.value
  const { content } = publicMessage
  const asked = { by: principal, group: params.group, message: publicMessage, bytes }
  if (domainOf(params.group) !== deps.domain)
    return deps.elsewhere === undefined
      ? reject({ code: 'no-such-group' })
      : forwardProposal({ ...deps, ...deps.elsewhere }, { ...asked, command }, proposalProblems)
  const outcome = await proposeHere(deps, asked, command)
  if ('rejected' in outcome) {
    const { state } = await deps.streams.read(groupAggregate, groupStream(params.group))
    return withWinner(deps, state.status === 'active' ? state : undefined, content.epoch, outcome)
  }
  const accepted = outcome.recorded.find(({ type }) => type === 'ProposalAccepted')
  if (accepted?.type !== 'ProposalAccepted') throw new Error('a proposal was accepted without its event')
  const { ref, epoch } = accepted.data
  return { status: 201, body: { ref, epoch }, ...recordedIn(outcome) }
}

export type ProposalAsked = Pick<AcceptProposal, 'by' | 'message' | 'bytes'> & { readonly group: GroupId }

/** A member's proposal, wherever it came in: judged and recorded. */
export const proposeHere = async (
  deps: GroupDependencies,
  { group, ...asked }: ProposalAsked,
  command: CommandContext,
): Promise<Outcome<Group, GroupEvent>> => {
  const stream = groupStream(group)
  const { state: before } = await deps.streams.read(groupAggregate, stream)
  const judged = await commandOf(deps, before, { ...asked, at: command.at })
  const decide = 'rejected' in judged ? () => judged : acceptGroupProposal(judged)
  return deps.streams.execute(groupAggregate, stream, command, decide)
}

/** Nothing is looked up for what may not be proposed here. */
const commandOf = async (
  deps: GroupDependencies,
  before: Group,
  { at, ...asked }: Pick<AcceptProposal, 'by' | 'message' | 'bytes'> & { readonly at: number },
): Promise<AcceptProposal | Rejected> => {
  const looked = refuseGroupProposal(before, { ...asked, limits: deps.limits })
  if ('rejected' in looked) return looked
  const { seat, proposal } = looked
  const added = newcomersIn(seat.group, [{ proposal, ref: undefined, sender: asked.message.content.sender }])
  const refused = await refuseNewcomers(deps, added)
  if (refused !== undefined) return refused
  return {
    ...asked,
    policy: await deps.leafPolicy(leavesIn(proposal), at),
    fullClients: await fullClients(deps, [proposal]),
    limits: deps.limits,
  }
}
