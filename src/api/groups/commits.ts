/** Posting a Commit with its Welcome and GroupInfo: the blobs are durable before the event that names them. */
import { z } from 'zod'
import { groupAggregate } from '../../commands/group/group.js'
import { acceptGroupCommit, proposalsByValue, refuseCommit } from '../../commands/group/commits.js'
import type { AcceptCommit, Looked } from '../../commands/group/commits.js'
import { refuseSizes, unreadable } from '../../commands/group/refusals.js'
import type { LeafPolicy } from '../../commands/group/leaves.js'
import type { ActiveGroup, Group } from '../../commands/group/fold/state.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Outcome } from '../../streams/outcome.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { groupStream } from '../../events/group.js'
import type { GroupEvent } from '../../events/group.js'
import { decodeCommitBundle, decodeCommitBundleParts } from '../../mls/wire/mlsMessage.js'
import type { PublicMessage } from '../../mls/wire/framing.js'
import type { CommitBundle } from '../../mls/wire/mlsMessage.js'
import { domainsOf, leavesIn, leavesOfCommit, pendingLeaves } from '../../mls/group/leavesBrought.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { GroupId } from '../../mls/wire/ids.js'
import type { Limits } from '../../limits/limits.js'
import { bytesIn, described, epochField, placed } from '../../contract/fields.js'
import { blobReferenceOf } from '../../events/form/blobReference.js'
import { executeStoring } from '../../commands/chains/executeStoring.js'
import { alsoElsewhere, elsewhereProblems } from '../elsewhere/elsewhere.js'
import { forwardCommit } from '../elsewhere/forwardCommit.js'
import { fullClients, refuseNewcomers } from './groupDependencies.js'
import { groupParams, knownOfGroup, tag } from './groupFields.js'
import type { GroupDependencies } from './groupDependencies.js'
import { withWinner } from './groupHistory.js'
import { judgeInTurns } from './judgeInTurns.js'
import { newcomersIn } from './newcomers.js'
import type { ClientPrincipal } from '../principal.js'
import { recordedIn } from '../http/place.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import type { Ask, CommandReply } from '../http/route.js'

const commitBody = z.strictObject({
  commit: bytesIn.describe('An MLSMessage with a PublicMessage'),
  welcome: bytesIn.optional().describe('An MLSMessage, where members are added'),
  groupInfo: bytesIn.describe('An MLSMessage: of the epoch that the Commit begins'),
})
const commitQuery = z.strictObject({
  dryRun: described(z.enum(['true', 'false']), 'Check all of it and do nothing', 'true').optional(),
})

const commitProblems = [
  'no-such-group',
  'not-a-member',
  'group-deleted',
  'not-allowed',
  'identity-mismatch',
  'wrong-epoch',
  'invalid-commit',
  'invalid-proposal',
  'invalid-key-package',
  'invalid-leaf',
  'welcome-mismatch',
  'group-info-mismatch',
  'commit-missing-proposals',
  'unsupported-message',
  'unsupported-ciphersuite',
  'limit-reached',
  'no-such-client',
] as const

export const commitRoutes = (deps: GroupDependencies): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/groups/{group}/commits',
    tag,
    summary: 'Commit: end the epoch',
    description:
      'The Commit as a PublicMessage, the Welcome if it adds members, and the GroupInfo of the state it leads to; as message/mls one after another. Exactly one Commit ends an epoch: the others get wrong-epoch with the winner. With dryRun=true everything is checked and nothing happens.',
    access: 'client',
    params: groupParams,
    query: commitQuery,
    body: commitBody,
    mls: true,
    success: { status: 201, body: z.object({ epoch: epochField.describe('The one that it begins'), ...placed }) },
    also: [alsoElsewhere('CommittedElsewhere', { epoch: epochField.describe('The one that it begins') })],
    problems: [...commitProblems, ...elsewhereProblems],
    known: knownOfGroup(deps.streams),
    rates: ({ principal, params }) => [
      { rate: 'commitsPerClientAndGroup', key: `${principal.client} ${params.group}` },
    ],
    answer: (ask) => post(deps, ask),
  }),
]

type Posted = Ask<ClientPrincipal, z.infer<typeof groupParams>, z.infer<typeof commitQuery>, z.infer<typeof commitBody>>

const post = async (deps: GroupDependencies, ask: Posted): Promise<CommandReply> => {
  const bundle = bundleIn(ask, deps.limits)
  if ('rejected' in bundle) return bundle
  const { principal: by, params, query, command } = ask
  const { group } = params
  if (domainOf(group) !== deps.domain) return forward(deps, ask, bundle)
  const asked = bundle.commit.content.epoch
  if (query.dryRun === 'true') {
    const { before, position, decide } = await judge(deps, { by, group, bundle }, command)
    const decision = decide(before)
    if ('rejected' in decision) return withWinner(deps, activeOf(before), asked, decision)
    return { status: 201, body: { epoch: String(asked + 1n) }, place: { position, at: command.at }, repeated: false }
  }
  const outcome = await commitHere(deps, { by, group, bundle }, command)
  if ('rejected' in outcome) {
    const { state } = await deps.streams.read(groupAggregate, groupStream(group))
    return withWinner(deps, activeOf(state), asked, outcome)
  }
  const accepted = outcome.recorded.find(({ type }) => type === 'CommitAccepted')
  if (accepted?.type !== 'CommitAccepted') throw new Error('a Commit was accepted without its event')
  return { status: 201, body: { epoch: accepted.data.epoch }, ...recordedIn(outcome) }
}

const forward = async (deps: GroupDependencies, ask: Posted, bundle: CommitBundle): Promise<CommandReply> => {
  const { elsewhere } = deps
  const { principal: by, params, query, command } = ask
  if (elsewhere === undefined) return reject({ code: 'no-such-group' })
  const policy = (group: ActiveGroup) => policyForForwarded(deps, group, bundle.commit, command.at)
  const asked = { by, group: params.group, bundle, command, policy, isDry: query.dryRun === 'true' }
  const reply = await forwardCommit({ ...deps, ...elsewhere }, asked, commitProblems)
  if (!('rejected' in reply)) return reply
  const { state } = await deps.streams.read(groupAggregate, groupStream(params.group))
  return withWinner(deps, activeOf(state), bundle.commit.content.epoch, reply)
}

/** Domains that were never met are met by those whom our clients add. */
const policyForForwarded = async (
  { domain, refuseDomains, leafPolicy }: GroupDependencies,
  { mls }: ActiveGroup,
  commit: PublicMessage,
  at: number,
): Promise<LeafPolicy | Rejected> => {
  const leaves = leavesOfCommit(commit)
  const pending = pendingLeaves(mls)
  const domains = new Set(domainsOf([...leaves, ...pending]))
  domains.delete(domain)
  const refused = domains.size === 0 ? undefined : await refuseDomains?.(domains)
  return refused ?? leafPolicy(leaves, at, pending)
}

export type CommitAsked = Pick<AcceptCommit, 'by' | 'bundle'> & { readonly group: GroupId }

/** A member's Commit, wherever it came in: judged, its blobs made durable, and recorded. */
export const commitHere = async (
  deps: GroupDependencies,
  asked: CommitAsked,
  command: CommandContext,
): Promise<Outcome<Group, GroupEvent>> => {
  const { before, decide } = await judge(deps, asked, command)
  const storing = { stream: groupStream(asked.group), command, before, decide, bytes: blobsOf(asked.bundle) }
  return executeStoring(deps, groupAggregate, storing)
}

/** Nothing costly is done for those who may not commit here, or for what cannot be committed. */
const judge = async (deps: GroupDependencies, { by, group, bundle }: CommitAsked, { at }: CommandContext) => {
  const { state: before, position } = await deps.streams.read(groupAggregate, groupStream(group))
  const looked = refuseCommit(before, { by, bundle, limits: deps.limits })
  const judged = 'rejected' in looked ? looked : await commandOf(deps, { by, bundle, at }, looked)
  return { before, position, decide: 'rejected' in judged ? () => judged : acceptGroupCommit(judged) }
}

const commandOf = async (
  deps: GroupDependencies,
  { by, bundle, at }: Pick<AcceptCommit, 'by' | 'bundle'> & { readonly at: number },
  looked: Looked,
): Promise<AcceptCommit | Rejected> => {
  const { proposals } = looked.asked
  const itself = { ...by, by: undefined, ref: undefined }
  const refused = await refuseNewcomers(deps, [itself, ...newcomersIn(looked.group, proposals)])
  if (refused !== undefined) return refused
  const before = proposals.flatMap(({ proposal }) => leavesIn(proposal))
  const policy = await judgeInTurns(looked, () => deps.leafPolicy(leavesOfCommit(bundle.commit), at, before))
  if ('rejected' in policy) return policy
  return {
    by,
    bundle,
    groupInfo: blobReferenceOf(bundle.groupInfoBytes),
    welcome: bundle.welcomeBytes === undefined ? undefined : blobReferenceOf(bundle.welcomeBytes),
    policy,
    fullClients: await fullClients(deps, proposalsByValue(bundle.commit)),
    limits: deps.limits,
  }
}

const activeOf = (state: Group): ActiveGroup | undefined => (state.status === 'active' ? state : undefined)

const bundleIn = ({ mls, body }: Posted, limits: Limits): CommitBundle | Rejected => {
  const bundle = mls === undefined ? decodeCommitBundleParts(body) : decodeCommitBundle(mls)
  return bundle.ok ? (refuseSizes(bundle.value, limits) ?? bundle.value) : unreadable(bundle.refusal, 'commit')
}

const blobsOf = ({ groupInfoBytes, welcomeBytes }: CommitBundle): readonly Uint8Array[] =>
  welcomeBytes === undefined ? [groupInfoBytes] : [groupInfoBytes, welcomeBytes]
