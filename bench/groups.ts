/** What a group costs the Delivery Service: a Commit accepted, a message sent, a fold restored; by members and by history. */
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { makeSendMessage } from '#src/api/groups/messages.js'
import type { CommandContext } from '#src/streams/decider.js'
import { groupAggregate } from '#src/commands/group/group.js'
import { acceptGroupCommit } from '#src/commands/group/commits.js'
import { createGroup } from '#src/commands/group/creation.js'
import { reserveGroupId } from '#src/commands/group/reservation.js'
import { makeStreams } from '#src/streams/streams.js'
import type { Streams } from '#src/streams/streams.js'
import { groupStream } from '#src/events/group.js'
import { authenticatedDataWith } from '#src/mls/wire/frankingTag.js'
import { groupIdBytes } from '#src/mls/wire/ids.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { decodeCommitBundleParts, encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import type { PublicGroup } from '#src/mls/group/publicGroup.js'
import type { Proposal } from '#src/mls/wire/proposal.js'
import { limitDefaults } from '#src/limits/limits.js'
import { addOf, bundleOf, person, required } from '../test/commands/forgedPeople.js'
import type { Bundle, Person } from '../test/commands/forgedPeople.js'
import { blobOf, domain, freshGroupId, makeWorld, now } from '../test/commands/mlsFixture.js'
import type { World } from '../test/commands/mlsFixture.js'
import { testFranks } from '../test/support/testFranks.js'
import { forgedNow, forgeGroup, forgeGroupInfo, random } from '../test/mls/forge.js'
import { accepted } from '../test/mls/vectors.js'

export const bench = {
  name: 'groups',
  run: async (): Promise<void> => {
    const world = await makeWorld()
    const rows = []
    for (const size of [10, 100, 500]) rows.push(...(await rowsOf(world, size)))
    console.table(rows)
  },
}

type Row = {
  readonly work: string
  readonly 'median ms': number
  readonly 'CPU ms': number
  readonly 'target ms': number | ''
}

const measure = async <T>(
  work: string,
  items: readonly T[],
  run: (item: T) => Promise<void>,
  target: number | '' = '',
): Promise<Row> => {
  const times: number[] = []
  const cpu = process.cpuUsage()
  for (const item of items) {
    const started = performance.now()
    await run(item)
    times.push(performance.now() - started)
  }
  const { user, system } = process.cpuUsage(cpu)
  const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
  const round = (ms: number): number => Number(ms.toFixed(3))
  return {
    work,
    'median ms': round(median),
    'CPU ms': round((user + system) / 1000 / times.length),
    'target ms': target,
  }
}

const rowsOf = async (world: World, size: number): Promise<Row[]> => {
  const people = await Promise.all(Array.from({ length: size }, () => person(world)))
  const events = openMemoryEventStore()
  const snapshots = openMemorySnapshots()
  const fresh = (): Streams =>
    makeStreams({ events, snapshots, cacheBytesMax: 256 * 1024 * 1024, pause: () => Promise.resolve() })
  const streams = fresh()
  const group = freshGroupId()
  const mls = await founded(world, streams, group, people)
  // Everybody has committed once, so that the parents stand.
  const warm = Math.min(size, 64)
  const { commits, after } = commitsFrom(mls, people, warm + 100)
  for (const commit of commits.slice(0, warm)) await post(world, streams, group, commit)
  const committing = await measure(
    `${size} members: Commit accepted`,
    commits.slice(warm),
    (commit) => post(world, streams, group, commit),
    size === 500 ? 5 : '',
  )
  const send = makeSendMessage({ streams, domain, limits: limitDefaults, franks: testFranks })
  const first = people[0]
  const take = async (bytes: Uint8Array): Promise<void> => {
    if (first === undefined) return
    const sent = await send(first, { group, message: bytes }, context())
    if ('rejected' in sent) throw new Error(sent.rejected.code)
  }
  const messagesWith = (beside: () => Uint8Array) => Array.from({ length: 5_000 }, () => messageIn(after, beside()))
  const bare = messagesWith(() => new Uint8Array())
  const tagged = messagesWith(() => authenticatedDataWith(random(32)))
  const sending = await measure(`${size} members: message taken`, bare, take)
  const franking = await measure(`${size} members: message taken and franked`, tagged, take)
  const restoring = await measure(`${size} members: fold restored`, Array.from({ length: 20 }), async () => {
    await fresh().read(groupAggregate, groupStream(group))
  })
  return [committing, sending, franking, restoring]
}

let commands = 0
const context = (): CommandContext => ({ id: `bench-${++commands}`, bodyHash: '', at: now })

/** The group on the server, with everybody in it. */
const founded = async (
  world: World,
  streams: Streams,
  group: GroupId,
  [creator, ...others]: readonly Person[],
): Promise<PublicGroup> => {
  if (creator === undefined) throw new Error('nobody')
  const stream = groupStream(group)
  const by = creator
  const limits = limitDefaults
  await streams.execute(
    groupAggregate,
    stream,
    context(),
    reserveGroupId({ by, group, until: now + 1_000, open: 0, limits }),
  )
  const mls = forgeGroup(creator.forger, [required], groupIdBytes(group))
  const groupInfo = forgeGroupInfo(mls, creator.forger, 0)
  const outcome = await streams.execute(
    groupAggregate,
    stream,
    context(),
    createGroup({
      by,
      group,
      groupInfo,
      ratchetTree: undefined,
      groupInfoBlob: blobOf(groupInfo),
      settings: { retentionMs: 1_000_000 },
      policy: { ...world.policy, now: forgedNow },
      now,
      groupsOfClient: 0,
      limits,
    }),
  )
  if ('rejected' in outcome) throw new Error(JSON.stringify(outcome.rejected))
  const proposals = others.map(addOf)
  const made = commitBy(mls, creator, 0, proposals)
  await post(world, streams, group, made)
  return made.next
}

const commitBy = (group: PublicGroup, by: Person, leafIndex: number, proposals: readonly Proposal[] = []): Bundle => {
  const made = bundleOf(group, by, leafIndex, proposals)
  if (made === undefined) throw new Error('a Commit that MLS does not allow')
  return made
}

const commitsFrom = (
  group: PublicGroup,
  people: readonly Person[],
  count: number,
): { readonly commits: readonly Bundle[]; readonly after: PublicGroup } => {
  const commits: Bundle[] = []
  let after = group
  for (let n = 0; n < count; n++) {
    const leafIndex = (n * 7) % people.length
    const by = people[leafIndex]
    if (by === undefined) throw new Error('nobody')
    const made = commitBy(after, by, leafIndex)
    commits.push(made)
    after = made.next
  }
  return { commits, after }
}

const post = async (world: World, streams: Streams, group: GroupId, made: Bundle): Promise<void> => {
  const bundle = accepted(decodeCommitBundleParts(made))
  const decide = acceptGroupCommit({
    by: made.by,
    bundle,
    groupInfo: blobOf(made.groupInfo),
    welcome: made.welcome === undefined ? undefined : blobOf(made.welcome),
    policy: { ...world.policy, now: forgedNow },
    fullClients: new Set(),
    limits: limitDefaults,
  })
  const outcome = await streams.execute(groupAggregate, groupStream(group), context(), decide)
  if ('rejected' in outcome) throw new Error(JSON.stringify(outcome.rejected))
}

const messageIn = (group: PublicGroup, authenticatedData: Uint8Array): Uint8Array =>
  encodeMlsMessage({
    wireFormat: 'privateMessage',
    privateMessage: {
      groupId: group.groupId,
      epoch: group.epoch,
      contentType: 'application',
      authenticatedData,
      encryptedSenderData: random(28),
      ciphertext: random(1_024),
    },
  })
