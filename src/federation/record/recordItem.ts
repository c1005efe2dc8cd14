/**
 * Records one item of a followed group that comes next, and is no message: verified, its blobs durable, then its events at their
 * exact place.
 */
import { groupAggregate } from '../../commands/group/group.js'
import type { Group } from '../../commands/group/fold/state.js'
import { groupStream } from '../../events/group.js'
import type { GroupEvent } from '../../events/group.js'
import { domainsOf, pendingLeaves } from '../../mls/group/leavesBrought.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import type { Blobs } from '../../ports/blobs.js'
import type { Clock } from '../../ports/clock.js'
import { executeStoring } from '../../commands/chains/executeStoring.js'
import type { Decision } from '../../streams/decider.js'
import { malformed, reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import type { Item } from '../item.js'
import { commandOf } from './commandOf.js'
import { recordingOf } from './decisions.js'
import type { Recording } from './decisions.js'
import type { ExpectedItem } from './expected.js'
import { isHere } from './isHere.js'
import type { RecordPolicy } from './policy.js'

export type RecordItemDependencies = {
  readonly streams: Streams
  readonly blobs: Pick<Blobs, 'put'>
  readonly clock: Pick<Clock, 'now'>
  /** Ours. */
  readonly domain: Domain
  /** What leaves are held against now. */
  readonly policy: RecordPolicy
}

export type From = { readonly hub: Domain; readonly group: GroupId }

/** What is expected now, and what the hub did wrong, if it did. */
export type RecordedItems = { readonly expected: ExpectedItem; readonly refused: Rejected | undefined }

/** Throws StoreUnavailable when it was not ours to write. */
export const recordItem = async (
  deps: RecordItemDependencies,
  from: From,
  item: Item,
  expected: ExpectedItem,
): Promise<RecordedItems> => {
  const recording = recordingOf(item, { ...from, ours: deps.domain })
  const refused =
    recording === undefined
      ? malformed(`a ${item.kind} of another form`)
      : await recordDecision(deps, from, item, recording)
  if (recording === undefined || refused !== undefined) return { expected, refused }
  return { expected: { ...expected, next: recording.through + 1 }, refused }
}

const recordDecision = async (
  { streams, blobs, clock, domain, policy }: RecordItemDependencies,
  { hub, group }: From,
  item: Item,
  recording: Recording,
): Promise<Rejected | undefined> => {
  const stream = groupStream(group)
  const { state: before } = await streams.read(groupAggregate, stream)
  const { blobs: named, through } = recording
  const decide = recording.judged
    ? recording.decide(await policy([...recording.domains, ...domainsIn(before)]))
    : recording.decide
  const decideHere = (state: Group): Decision<GroupEvent> =>
    item.kind === 'join' || isHere(state, domain) ? decide(state) : reject({ code: 'no-such-group' })
  const command = commandOf(hub, group, item, through, clock.now())
  const storing = { stream, command, before, decide: decideHere, bytes: named }
  const outcome = await executeStoring({ streams, blobs }, groupAggregate, storing)
  return 'rejected' in outcome ? outcome : undefined
}

/** Of members, and of leaves that are proposed and may be committed by what names them. */
const domainsIn = (state: Group): readonly Domain[] => {
  if (state.status !== 'active') return []
  return [
    ...Array.from(state.leaves.values(), ({ client }) => domainOf(client)),
    ...domainsOf(pendingLeaves(state.mls)),
  ]
}
