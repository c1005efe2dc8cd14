/** Reporting a message: what it says, with what only this server can hold it against. */
import { z } from 'zod'
import { userAggregate } from '../../commands/account/user.js'
import { executeStoring } from '../../commands/chains/executeStoring.js'
import { groupAggregate } from '../../commands/group/group.js'
import type { Group } from '../../commands/group/fold/state.js'
import { makeReport, reportAggregate } from '../../commands/report/report.js'
import { bytesIn, described, groupUri, timeOut, userUri } from '../../contract/fields.js'
import { categoryField, reportMade } from '../../contract/reports.js'
import { blobReferenceOf } from '../../events/form/blobReference.js'
import { isTagOf } from '../../events/frank.js'
import type { Franks } from '../../events/frank.js'
import { groupStream } from '../../events/group.js'
import { reportStream } from '../../events/report.js'
import { encryptUnderSubjectKey, nonceBytes } from '../../events/form/underSubjectKey.js'
import { userStream } from '../../events/user.js'
import type { Limits } from '../../limits/limits.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain, UserId } from '../../mls/wire/ids.js'
import type { Blobs } from '../../ports/blobs.js'
import type { EventStore } from '../../ports/eventStore.js'
import type { Keys } from '../../ports/keys.js'
import type { Random } from '../../ports/random.js'
import type { CommandContext } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import { recordedIn } from '../http/place.js'
import { textUpTo } from '../http/withinLimits.js'
import type { CommandReply } from '../http/route.js'
import type { ClientPrincipal } from '../principal.js'
import { sealEvidence } from './evidence.js'
import { wasPresent } from './presence.js'

export type ReportDependencies = {
  readonly streams: Streams
  readonly events: Pick<EventStore, 'readStream'>
  readonly blobs: Pick<Blobs, 'put'>
  readonly keys: Pick<Keys, 'subjects'>
  readonly franks: Pick<Franks, 'holds' | 'reportOf'>
  readonly domain: Domain
  readonly limits: Limits
  readonly random: Random
}

const bodyOf = (limits: Limits) =>
  z.strictObject({
    group: groupUri.describe('In which the message was said'),
    accused: userUri.describe('Who said it'),
    at: timeOut.describe('When it was accepted, as its queue item says, ms since 1970'),
    content: bytesIn.describe('What was said, as it was decrypted'),
    salt: bytesIn.describe('The key of the tag: inside the content'),
    tag: bytesIn.describe('What stood beside the message'),
    frank: bytesIn.describe('As its queue item has it'),
    category: categoryField,
    note: described(
      textUpTo(limits, 'reportNoteCharsMax'),
      'What the reporter adds, for operators',
      'every night',
    ).optional(),
  })
type Body = z.infer<ReturnType<typeof bodyOf>>

export const reportRoutes = (deps: ReportDependencies): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/reports',
    tag: 'Delivery Service',
    summary: 'Report a message',
    description:
      'By whoever was in the group when it was accepted, whether this server still has it or not. Only the server can tell whether the frank is its own: `evidence-refused` says that something of it does not fit, and not what. One message is reported once; operators see who reports, and nobody else does.',
    access: 'client',
    body: bodyOf(deps.limits),
    isLarge: true,
    success: { status: 201, body: reportMade },
    problems: ['no-such-group', 'evidence-refused', 'not-allowed', 'user-deleted', 'already-exists', 'too-large'],
    known: ({ principal, body, command }) =>
      deps.streams.knows(reportAggregate, reportStream(deps.franks.reportOf(principal.user, body.frank)), command),
    rates: ({ principal }) => [{ rate: 'reportsPerUser', key: principal.user }],
    answer: async ({ principal, body, command }) =>
      (await whyNot(deps, principal, body)) ?? report(deps, principal, body, command),
  }),
]

/** What is nobody's to report, whatever came of it. A stranger to the group learns nothing of its messages. */
const whyNot = async (
  { streams, franks, domain, limits }: ReportDependencies,
  { user }: ClientPrincipal,
  body: Body,
): Promise<Rejected | undefined> => {
  const { group, accused, at, content, salt, tag, frank } = body
  const max = limits.mlsMessageBytesMax
  if (content.length > max) return reject({ code: 'too-large', max, actual: content.length })
  if (domainOf(group) !== domain) return reject({ code: 'no-such-group' })
  const { state } = await streams.read(groupAggregate, groupStream(group))
  if (!isKnown(state, user)) return reject({ code: 'no-such-group' })
  // Both are held against what they should be, whatever the first says.
  const [isTag, isOurs] = [isTagOf(tag, salt, content), franks.holds(frank, { tag, sender: accused, group, at })]
  return isTag && isOurs ? undefined : reject({ code: 'evidence-refused' })
}

const isKnown = (state: Group, user: UserId): boolean =>
  state.status !== 'none' && state.status !== 'reserved' && state.known.has(user)

const report = async (
  deps: ReportDependencies,
  principal: ClientPrincipal,
  body: Body,
  command: CommandContext,
): Promise<CommandReply> => {
  const { streams, franks, random } = deps
  const { group, accused, category, note } = body
  const id = franks.reportOf(principal.user, body.frank)
  const stream = reportStream(id)
  const { state: before } = await streams.read(reportAggregate, stream)
  // Asked again, or by another command: the stream knows which.
  const kept = before.status === 'none' ? await keptBy(deps, principal, body) : before
  if ('rejected' in kept) return kept
  const { evidence, keeper } = kept
  const reporterKey = note === undefined ? undefined : await deps.keys.subjects.get(principal.user)
  const noted =
    note === undefined || reporterKey === undefined
      ? {}
      : {
          note: encryptUnderSubjectKey(
            reporterKey,
            random.bytes(nonceBytes),
            { user: principal.user, field: 'note' },
            note,
          ),
        }
  const decide = makeReport({
    report: id,
    group,
    reporter: principal.user,
    accused,
    category,
    evidence,
    keeper,
    ...noted,
  })
  const bytes = 'blob' in kept ? [kept.blob] : []
  const outcome = await executeStoring(deps, reportAggregate, { stream, command, before, decide, bytes })
  return 'rejected' in outcome ? outcome : { status: 201, body: { report: id }, ...recordedIn(outcome) }
}

type Kept = Pick<ReturnType<typeof keptAs>, 'evidence' | 'keeper' | 'blob'>

/** The evidence under its speaker's key; of another server's user, who has none here, under the reporter's. */
const keptBy = async (deps: ReportDependencies, { user }: ClientPrincipal, body: Body): Promise<Kept | Rejected> => {
  const { group, accused, at } = body
  if (!(await wasPresent(deps, { user, group, at }))) return reject({ code: 'not-allowed', capability: 'reportUnseen' })
  const isOurs = domainOf(accused) === deps.domain
  if (isOurs) {
    const { state } = await deps.streams.read(userAggregate, userStream(accused))
    if (state.status !== 'active') return reject({ code: 'user-deleted' })
  }
  const keeper = isOurs ? accused : user
  const key = await deps.keys.subjects.get(keeper)
  return key === undefined ? reject({ code: 'user-deleted' }) : keptAs(deps, keeper, key, body)
}

const keptAs = ({ random }: ReportDependencies, keeper: UserId, key: Uint8Array, body: Body) => {
  const { content, salt, tag, frank, at } = body
  const blob = sealEvidence({ key, keeper }, { content, salt, tag, frank, at }, random)
  return { evidence: blobReferenceOf(blob), keeper, blob }
}
