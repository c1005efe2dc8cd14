/** Reporting a message: what it says, with what only this server can hold it against. */
import { userAggregate } from '../../commands/account/user.js'
import { executeStoring } from '../../commands/chains/executeStoring.js'
import { groupAggregate } from '../../commands/group/group.js'
import type { Group } from '../../commands/group/fold/state.js'
import { makeReport, reportAggregate } from '../../commands/report/report.js'
import { reportMade } from '../../contract/reports.js'
import { blobReferenceOf } from '../../events/form/blobReference.js'
import { isTagOf } from '../../events/frank.js'
import type { Franks } from '../../events/frank.js'
import { groupStream } from '../../events/group.js'
import { messagesStream, parseMessagesEvent } from '../../events/messages.js'
import { reportStream } from '../../events/report.js'
import { encryptUnderSubjectKey, nonceBytes } from '../../events/form/underSubjectKey.js'
import { userStream } from '../../events/user.js'
import type { Limits } from '../../limits/limits.js'
import { fromBase64url } from '../../mls/bytes/base64url.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain, GroupId, UserId } from '../../mls/wire/ids.js'
import type { Blobs } from '../../ports/blobs.js'
import type { EventStore } from '../../ports/eventStore.js'
import type { OtherServers } from '../../ports/peers.js'
import type { Keys } from '../../ports/keys.js'
import type { Random } from '../../ports/random.js'
import type { CommandContext } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { elsewhereProblems } from '../elsewhere/elsewhere.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import { recordedIn } from '../http/place.js'
import type { CommandReply } from '../http/route.js'
import type { ClientPrincipal } from '../principal.js'
import { sealEvidence } from './evidence.js'
import { keeperOf } from './keeper.js'
import { wasPresent } from './presence.js'
import { reportBody } from './reportBody.js'
import type { ReportBody } from './reportBody.js'
import { reportElsewhere } from './reportElsewhere.js'

export type ReportDependencies = {
  readonly streams: Streams
  readonly events: Pick<EventStore, 'readStream' | 'find'>
  readonly blobs: Pick<Blobs, 'put'>
  readonly keys: Pick<Keys, 'subjects'>
  readonly franks: Pick<Franks, 'holds' | 'reportOf'>
  readonly domain: Domain
  readonly limits: Limits
  readonly random: Random
  /** Undefined: no other server is asked. */
  readonly others?: OtherServers | undefined
}

export const reportRoutes = (deps: ReportDependencies): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/reports',
    tag: 'Delivery Service',
    summary: 'Report a message',
    description:
      'By whoever was in the group when it was accepted, whether this server still has it or not. Only the server can tell whether the frank is its own: `evidence-refused` says that something of it does not fit, and not what. One message is reported once; operators see who reports, and nobody else does. A message of a group of another server is reported to that one, whose operators see it.',
    access: 'client',
    body: reportBody(deps.limits),
    isLarge: true,
    success: { status: 201, body: reportMade },
    problems: [...reportProblems, ...elsewhereProblems],
    known: ({ principal, body, command }) =>
      deps.streams.knows(reportAggregate, reportStream(deps.franks.reportOf(principal.user, body.frank)), command),
    rates: ({ principal }) => [{ rate: 'reportsPerUser', key: principal.user }],
    answer: ({ principal, body, command }) =>
      domainOf(body.group) === deps.domain
        ? reportHere(deps, principal, body, command)
        : reportElsewhere({ ...deps, problems: reportProblems }, principal, body, command),
  }),
]

const reportProblems = [
  'no-such-group',
  'evidence-refused',
  'not-allowed',
  'user-deleted',
  'already-exists',
  'too-large',
] as const

type Reporter = Pick<ClientPrincipal, 'user'>

const reportHere = async (
  deps: ReportDependencies,
  reporter: Reporter,
  body: ReportBody,
  command: CommandContext,
): Promise<CommandReply> => (await whyNot(deps, reporter, body)) ?? report(deps, reporter, body, command)

/** As another server's user reports it, who has no frank of it: the message is found by the id of its fact. */
export const reportNamed = async (
  deps: ReportDependencies,
  user: UserId,
  {
    fact,
    note,
    ...said
  }: Omit<ReportBody, 'at' | 'frank' | 'note'> & { readonly fact: string; readonly note: string | undefined },
  command: CommandContext,
): Promise<Rejected | { readonly report: string; readonly repeated: boolean }> => {
  const { state } = await deps.streams.read(groupAggregate, groupStream(said.group))
  if (!isKnown(state, user)) return reject({ code: 'no-such-group' })
  const max = deps.limits.reportNoteCharsMax
  if (note !== undefined && note.length > max) return reject({ code: 'too-large', max, actual: note.length })
  const franked = await frankOf(deps, said.group, fact)
  if (franked === undefined) return reject({ code: 'evidence-refused' })
  const body = { ...said, ...franked, ...(note === undefined ? {} : { note }) }
  const reply = await reportHere(deps, { user }, body, command)
  if ('rejected' in reply) return reply
  return { report: deps.franks.reportOf(user, body.frank), repeated: reply.repeated }
}

/** Of a message that is still there; what it is held against is in it. */
const frankOf = async (
  { events }: ReportDependencies,
  group: GroupId,
  fact: string,
): Promise<Pick<ReportBody, 'frank' | 'at'> | undefined> => {
  const stored = await events.find(messagesStream(group), fact)
  const event = stored === undefined ? undefined : parseMessagesEvent(stored)
  const frank =
    event?.type === 'MessageAccepted' && event.data.group === group && event.data.frank !== undefined
      ? fromBase64url(event.data.frank)
      : undefined
  return stored === undefined || frank === undefined ? undefined : { frank, at: stored.meta.at }
}

/** What is nobody's to report, whatever came of it. A stranger to the group learns nothing of its messages. */
const whyNot = async (
  { streams, franks, domain, limits }: ReportDependencies,
  { user }: Reporter,
  body: ReportBody,
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
  principal: Reporter,
  body: ReportBody,
  command: CommandContext,
): Promise<CommandReply> => {
  const { streams, franks } = deps
  const { group, accused, category, note } = body
  const id = franks.reportOf(principal.user, body.frank)
  const stream = reportStream(id)
  const { state: before } = await streams.read(reportAggregate, stream)
  // Asked again, or by another command: the stream knows which.
  const kept = before.status === 'none' ? await keptBy(deps, principal, body) : before
  if ('rejected' in kept) return kept
  const { evidence, keeper } = kept
  const noted = note === undefined ? {} : await sealedNote(deps, principal.user, note)
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

const sealedNote = async (
  deps: ReportDependencies,
  reporter: UserId,
  note: string,
): Promise<{ readonly note?: string }> => {
  const { key, keeper } = await keyOf(deps, reporter)
  if (key === undefined) return {}
  const nonce = deps.random.bytes(nonceBytes)
  return { note: encryptUnderSubjectKey(key, nonce, { user: keeper, field: 'note' }, note) }
}

/** Of a user of another server one is made for what is its own here. */
const keyOf = async (
  { keys, domain }: ReportDependencies,
  user: UserId,
): Promise<{ readonly keeper: UserId; readonly key: Uint8Array | undefined }> => {
  const keeper = keeperOf(user, domain)
  return { keeper, key: await (keeper === user ? keys.subjects.get(user) : keys.subjects.create(keeper)) }
}

/** The evidence under its speaker's key; of another server's user, who has none here, under the reporter's. */
const keptBy = async (deps: ReportDependencies, { user }: Reporter, body: ReportBody): Promise<Kept | Rejected> => {
  const { group, accused, at } = body
  if (!(await wasPresent(deps, { user, group, at }))) return reject({ code: 'not-allowed', capability: 'reportUnseen' })
  const isOurs = domainOf(accused) === deps.domain
  if (isOurs) {
    const { state } = await deps.streams.read(userAggregate, userStream(accused))
    if (state.status !== 'active') return reject({ code: 'user-deleted' })
  }
  const { key, keeper } = await keyOf(deps, isOurs ? accused : user)
  return key === undefined ? reject({ code: 'user-deleted' }) : keptAs(deps, keeper, key, body)
}

const keptAs = ({ random }: ReportDependencies, keeper: UserId, key: Uint8Array, body: ReportBody) => {
  const { content, salt, tag, frank, at } = body
  const blob = sealEvidence({ key, keeper }, { content, salt, tag, frank, at }, random)
  return { evidence: blobReferenceOf(blob), keeper, blob }
}
