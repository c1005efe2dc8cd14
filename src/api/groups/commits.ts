/** Posting a Commit with its Welcome and GroupInfo: the blobs are durable before the event that names them. */
import { z } from 'zod'
import { groupAggregate } from '../../commands/group/group.js'
import { acceptGroupCommit, proposalsByValue, refuseCommit } from '../../commands/group/commits.js'
import type { AcceptCommit, Looked } from '../../commands/group/commits.js'
import { refuseAdded } from '../../commands/chains/refuseAdded.js'
import { unreadable } from '../../commands/group/refusals.js'
import type { ActiveGroup, Group } from '../../commands/group/fold/state.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { groupStream } from '../../events/group.js'
import { decodeCommitBundle, decodeCommitBundleParts } from '../../mls/wire/mlsMessage.js'
import type { CommitBundle } from '../../mls/wire/mlsMessage.js'
import type { LeafNode } from '../../mls/wire/leafNode.js'
import type { PublicMessage } from '../../mls/wire/framing.js'
import type { Limits } from '../../limits/limits.js'
import { bytesIn, described, epochField, placed } from '../../contract/fields.js'
import { blobReferenceOf } from '../../events/form/blobReference.js'
import { executeStoring } from '../../commands/chains/executeStoring.js'
import { fullClients, leavesIn } from './groupDependencies.js'
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
    problems: [
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
    ],
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
  const { principal, params, query, command } = ask
  const stream = groupStream(params.group)
  const asked = bundle.commit.content.epoch
  const { state: before, position } = await deps.streams.read(groupAggregate, stream)
  // Nothing costly is done for those who may not commit here, or for what cannot be committed.
  const looked = refuseCommit(before, { by: principal, bundle, limits: deps.limits })
  const judged = 'rejected' in looked ? looked : await commandOf(deps, ask, bundle, looked)
  const decide = 'rejected' in judged ? () => judged : acceptGroupCommit(judged)
  if (query.dryRun === 'true') {
    const decision = decide(before)
    if ('rejected' in decision) return withWinner(deps, activeOf(before), asked, decision)
    return { status: 201, body: { epoch: String(asked + 1n) }, place: { position, at: command.at }, repeated: false }
  }
  const outcome = await executeStoring(deps, groupAggregate, {
    stream,
    command,
    before,
    decide,
    bytes: blobsOf(bundle),
  })
  if ('rejected' in outcome) {
    const { state } = await deps.streams.read(groupAggregate, stream)
    return withWinner(deps, activeOf(state), asked, outcome)
  }
  const accepted = outcome.recorded.find(({ type }) => type === 'CommitAccepted')
  if (accepted?.type !== 'CommitAccepted') throw new Error('a Commit was accepted without its event')
  return { status: 201, body: { epoch: accepted.data.epoch }, ...recordedIn(outcome) }
}

const commandOf = async (
  deps: GroupDependencies,
  { principal, command }: Posted,
  bundle: CommitBundle,
  looked: Looked,
): Promise<AcceptCommit | Rejected> => {
  const itself = { ...principal, by: undefined, ref: undefined }
  const newcomers = [itself, ...newcomersIn(looked.group, looked.asked.proposals)]
  const refused = await refuseAdded(deps.streams, deps.domain, newcomers)
  if (refused !== undefined) return refused
  const policy = await judgeInTurns(looked, () => deps.leafPolicy(leavesOf(bundle.commit), command.at))
  if ('rejected' in policy) return policy
  return {
    by: principal,
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
  if (!bundle.ok) return unreadable(bundle.refusal, 'commit')
  const { commitBytes, welcomeBytes, groupInfoBytes } = bundle.value
  return (
    tooLarge(commitBytes.length, limits.mlsMessageBytesMax) ??
    tooLarge(welcomeBytes?.length ?? 0, limits.welcomeBytesMax) ??
    tooLarge(groupInfoBytes.length, limits.groupInfoBytesMax) ??
    bundle.value
  )
}

const tooLarge = (actual: number, max: number): Rejected | undefined =>
  actual > max ? reject({ code: 'too-large', max, actual }) : undefined

const leavesOf = (commit: PublicMessage): readonly LeafNode[] => {
  const { content } = commit.content
  const path = content.type === 'commit' ? content.commit.path : undefined
  return [...(path === undefined ? [] : [path.leafNode]), ...proposalsByValue(commit).flatMap(leavesIn)]
}

const blobsOf = ({ groupInfoBytes, welcomeBytes }: CommitBundle): readonly Uint8Array[] =>
  welcomeBytes === undefined ? [groupInfoBytes] : [groupInfoBytes, welcomeBytes]
