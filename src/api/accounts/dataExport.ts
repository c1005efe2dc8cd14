/**
 * Everything that the server holds of a user, as one archive for its own client: JSON lines, read and sent a page at a time. What
 * others did is not the user's: of a claim it does not say whose it was.
 */
import { createHash } from 'node:crypto'
import { userAggregate } from '../../commands/account/user.js'
import type { ActiveUser } from '../../commands/account/user.js'
import { groupAggregate } from '../../commands/group/group.js'
import { reportAggregate } from '../../commands/report/report.js'
import { clientIdStream } from '../../events/clientId.js'
import { contactsStream } from '../../events/contacts.js'
import { groupStream } from '../../events/group.js'
import { handleStream } from '../../events/handle.js'
import type { Json } from '../../events/form/json.js'
import { keyPackagesStream } from '../../events/keyPackages.js'
import { reportStream } from '../../events/report.js'
import { signatureKeyStream } from '../../events/signatureKey.js'
import { decryptUnderSubjectKey } from '../../events/form/underSubjectKey.js'
import { userStream } from '../../events/user.js'
import { userInvitationsStream } from '../../events/userInvitations.js'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import type { ClientId, Domain, GroupId, UserId } from '../../mls/wire/ids.js'
import type { Blobs } from '../../ports/blobs.js'
import type { EventStore, StoredEvent } from '../../ports/eventStore.js'
import type { Keys } from '../../ports/keys.js'
import type { AssetQueries } from '../../projections/assets/queries.js'
import type { Directory } from '../../projections/directory/queries.js'
import type { GroupQueries } from '../../projections/groups/queries.js'
import type { ReportQueries } from '../../projections/groups/reportQueries.js'
import type { QueueView } from '../../projections/queues/view.js'
import type { Streams } from '../../streams/streams.js'

export type DataExportDependencies = {
  readonly streams: Pick<Streams, 'read'>
  readonly events: Pick<EventStore, 'readStream'>
  readonly keys: Pick<Keys, 'subjects'>
  readonly blobs: Pick<Blobs, 'get'>
  readonly directory: Pick<Directory, 'contactsOf'>
  readonly groups: Pick<GroupQueries, 'groupsOfUser'>
  readonly reports: Pick<ReportQueries, 'reportsBy'>
  readonly assets: Pick<AssetQueries, 'ofOwner'>
  readonly queues: Pick<QueueView, 'queue' | 'page'>
}

type Line = { readonly [field: string]: unknown }

const pageRows = 500
const pageBytes = 1_000_000

/** The archive, line by line: a header, whatever there is, and last a count and the SHA-256 of all lines before it, so that a cut one is found. */
export async function* dataOf(
  deps: DataExportDependencies,
  about: { readonly user: UserId; readonly state: ActiveUser; readonly domain: Domain; readonly at: number },
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let count = 0
  for await (const line of linesOf(deps, about)) {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
    hash.update(bytes)
    count++
    yield bytes
  }
  yield Buffer.from(`${JSON.stringify({ kind: 'end', count, sha256: hash.digest('base64url') })}\n`)
}

async function* linesOf(deps: DataExportDependencies, about: Parameters<typeof dataOf>[1]): AsyncGenerator<Line> {
  const { user, state, domain, at } = about
  yield { kind: 'mls-homeserver-user', version: 1, domain, user, at }
  yield await account(deps, user, state)
  const clients = [...state.clients.map(({ client }) => client), ...state.removed]
  for (const stream of streamsOf(user, state, clients)) yield* eventsIn(deps, stream)
  yield* profileOf(deps, state)
  yield* contactsOf(deps, user)
  yield* groupsOf(deps, user)
  yield* reportsOf(deps, user)
  yield* assetsOf(deps, user)
  for (const { client, directQueue } of state.clients) yield* waitingFor(deps, client, directQueue, at)
}

const account = async ({ keys }: DataExportDependencies, user: UserId, state: ActiveUser): Promise<Line> => {
  const key = await keys.subjects.get(user)
  const handle = key === undefined ? undefined : decryptUnderSubjectKey(key, { user, field: 'handle' }, state.handle)
  const { discovery, claims, clients } = state
  const recovery = state.recovery === undefined ? {} : { recovery: state.recovery }
  return { kind: 'account', handle: handle ?? null, discovery, claims, clients, ...recovery }
}

/** Whose every event is about the user. */
const streamsOf = (user: UserId, state: ActiveUser, clients: readonly ClientId[]): readonly string[] => [
  userStream(user),
  contactsStream(user),
  userInvitationsStream(user),
  handleStream(state.handleHash),
  ...clients.flatMap((client) => [clientIdStream(client), keyPackagesStream(client)]),
  ...state.clients.flatMap(({ keys }) => keys.flatMap(({ signatureKey }) => keyStreamOf(signatureKey))),
]

const keyStreamOf = (signatureKey: string): readonly string[] => {
  const bytes = fromBase64url(signatureKey)
  return bytes === undefined ? [] : [signatureKeyStream(createHash('sha256').update(bytes).digest('base64url'))]
}

async function* eventsIn({ events }: DataExportDependencies, stream: string): AsyncGenerator<Line> {
  for (let from = 0; ;) {
    const page = await events.readStream(stream, { from, limit: pageRows })
    for (const event of page) yield lineOf(event)
    if (page.length < pageRows) return
    from = (page.at(-1)?.revision ?? from) + 1
  }
}

const lineOf = ({ stream, revision, type, data, meta }: StoredEvent): Line => ({
  kind: 'event',
  stream,
  revision,
  type,
  at: meta.at,
  data: type === 'KeyPackageClaimed' ? withoutClaimer(data) : data,
})

const withoutClaimer = (data: Json): unknown => {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return data
  const { by: _, ...rest } = data as { readonly [field: string]: Json }
  return rest
}

async function* profileOf({ blobs }: DataExportDependencies, { profile }: ActiveUser): AsyncGenerator<Line> {
  if (profile === undefined) return
  const bytes = await blobs.get(profile.blob.digest)
  yield { kind: 'profile', version: profile.version, profile: bytes === undefined ? null : toBase64url(bytes) }
}

async function* contactsOf({ directory }: DataExportDependencies, user: UserId): AsyncGenerator<Line> {
  for (const { contact, since } of await directory.contactsOf(user, { limit: contactsMax }))
    yield { kind: 'contact', contact, since }
}
/** As many as a range may have. */
const contactsMax = 100_000

async function* groupsOf({ groups, streams }: DataExportDependencies, user: UserId): AsyncGenerator<Line> {
  for (let after: GroupId | undefined; ;) {
    const page = await groups.groupsOfUser(user, { after, limit: pageRows })
    for (const group of page) {
      const { state } = await streams.read(groupAggregate, groupStream(group))
      if (state.status !== 'active') continue
      const seats = [...state.leaves.values()].filter((leaf) => leaf.user === user)
      const clients = seats.map(({ client, leafIndex }) => ({ client, leafIndex }))
      yield { kind: 'group', group, role: state.users.get(user)?.role ?? 'member', clients }
    }
    if (page.length < pageRows) return
    after = page.at(-1)
  }
}

/** What the user reported, with its own note. What others report of it is theirs. */
async function* reportsOf({ reports, streams, keys }: DataExportDependencies, user: UserId): AsyncGenerator<Line> {
  const key = await keys.subjects.get(user)
  for (let after: number | undefined; ;) {
    const page = await reports.reportsBy(user, { after, limit: pageRows })
    for (const { report, made, group, accused, category, closed } of page) {
      const { state } = await streams.read(reportAggregate, reportStream(report))
      const sealed = state.status === 'none' ? undefined : state.note
      const note =
        sealed === undefined || key === undefined
          ? undefined
          : decryptUnderSubjectKey(key, { user, field: 'note' }, sealed)
      yield {
        kind: 'report',
        report,
        at: made,
        group,
        accused,
        category,
        note: note ?? null,
        closed: closed?.outcome ?? null,
      }
    }
    if (page.length < pageRows) return
    after = page.at(-1)?.position
  }
}

async function* assetsOf({ assets }: DataExportDependencies, user: UserId): AsyncGenerator<Line> {
  for (let after: number | undefined; ;) {
    const page = await assets.ofOwner(user, { after, limit: pageRows })
    for (const { asset, class: kind, status, size, digest, expires, at } of page)
      yield { kind: 'asset', asset, class: kind, status, size, digest, expires, at }
    if (page.length < pageRows) return
    after = page.at(-1)?.position
  }
}

/** What waits in the queue of a client, as it would be fetched. */
async function* waitingFor(
  { queues }: DataExportDependencies,
  client: ClientId,
  directQueue: ActiveUser['clients'][number]['directQueue'],
  now: number,
): AsyncGenerator<Line> {
  const row = await queues.queue(directQueue)
  if (row === undefined) return
  for (let after = row.acknowledged; ;) {
    const page = await queues.page(row, { after, limit: pageRows, bytesMax: pageBytes, capped: false, now })
    for (const { bytes } of page.frames)
      yield { kind: 'waiting', client, item: JSON.parse(Buffer.from(bytes).toString()) as unknown }
    if (!page.more) return
    after = page.next
  }
}

/** Undefined where the user is not there any more. */
export const exportableUser = async (
  { streams }: Pick<DataExportDependencies, 'streams'>,
  user: UserId,
): Promise<ActiveUser | undefined> => {
  const { state } = await streams.read(userAggregate, userStream(user))
  return state.status === 'active' ? state : undefined
}
