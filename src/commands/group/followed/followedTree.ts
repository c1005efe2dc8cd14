/** The GroupInfo and tree that a followed group's fold begins with: in blobs, as no event holds the tree of a thousand leaves. */
import { groupShapes, parseGroupEvent } from '../../../events/group.js'
import type { GroupEvent } from '../../../events/group.js'
import { UnreadableEvent } from '../../../events/form/parser.js'
import type { Erased, RawEvent } from '../../../events/form/parser.js'
import { readClaimedGroup } from '../../../mls/group/createPublicGroup.js'
import type { PublicGroup } from '../../../mls/group/publicGroup.js'
import type { BlobOf } from '../../../streams/decider.js'
import { keepBeside } from '../../../structures/beside.js'

type Followed = Extract<GroupEvent, { type: 'GroupFollowed' }>['data']
type Bytes = { readonly groupInfo: Uint8Array; readonly ratchetTree: Uint8Array }

/** Beside an event's data, as it was read and as it was parsed. */
const fetched = keepBeside<object, Bytes>()

/** Throws UnreadableEvent when they are gone: this stream stops, and no other. */
export const fetchTree = (event: RawEvent, blobOf: BlobOf): Promise<void> | undefined =>
  event.type === 'GroupFollowed' && isObject(event.data) ? fetchInto(event.data, blobOf) : undefined

const fetchInto = async (data: object, blobOf: BlobOf): Promise<void> => {
  const named = groupShapes.GroupFollowed.schema.safeParse(data)
  if (!named.success) return
  const [groupInfo, ratchetTree] = await Promise.all([
    blobOf(named.data.groupInfo.digest),
    blobOf(named.data.ratchetTree.digest),
  ])
  if (groupInfo !== undefined && ratchetTree !== undefined) fetched.keep(data, { groupInfo, ratchetTree })
}

/** The fact with what was fetched for it. */
export const parseWithTree = (event: RawEvent): GroupEvent | Erased => {
  const parsed = parseGroupEvent(event)
  const bytes = isObject(event.data) ? fetched.get(event.data) : undefined
  if (bytes !== undefined) fetched.keep(parsed.data, bytes)
  return parsed
}

export const replayFollowed = (data: Followed): PublicGroup => {
  const bytes = fetched.get(data)
  if (bytes === undefined) throw new UnreadableEvent('GroupFollowed: its tree is not there')
  const claimed = readClaimedGroup(bytes.groupInfo, bytes.ratchetTree)
  if (!claimed.ok) throw new UnreadableEvent(`GroupFollowed: ${claimed.refusal.code}, ${claimed.refusal.reason}`)
  return claimed.value.group
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
