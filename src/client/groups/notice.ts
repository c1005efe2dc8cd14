/** What the server says of a group: roles, settings, removals to come, its end. */
import type { GroupNotice } from '../../items/queueItem.js'
import { parseClientId, parseGroupId, parseUserId } from '../../mls/wire/ids.js'
import type { GroupId } from '../../mls/wire/ids.js'
import type { Engine } from '../engine/engine.js'
import { ownLeafOf } from '../member/groupState.js'
import { updateGroup } from './groupRecord.js'
import { membersIn } from './members.js'
import { type Effect, groupIn, type Item } from './receive.js'
import { endGroup } from './sending/unconfirmed.js'

const nothing: Effect = () => undefined

/** A notice as a server claims it: the fields are the schema's, what stands in them is not believed. */
type Claimed<Kind extends GroupNotice['kind']> = {
  readonly [Field in keyof Extract<GroupNotice, { kind: Kind }>]?: unknown
}

/** The caller holds the group. Kinds that this version does not know are passed over. */
export const receiveGroupNotice = (engine: Engine, item: Item): Effect => {
  const group = groupIn(item)
  const kind = item['kind']
  return group === undefined || !isKnown(kind) ? nothing : effects[kind](engine, group, item)
}

const isKnown = (kind: unknown): kind is GroupNotice['kind'] => typeof kind === 'string' && Object.hasOwn(effects, kind)

/** What each kind of notice comes to: one that the server's list has and this one forgets does not compile. */
const effects: {
  readonly [Kind in GroupNotice['kind']]: (engine: Engine, group: GroupId, notice: Claimed<Kind>) => Effect
} = {
  roleChanged: ({ inbox }, group, notice) => {
    const user = parseUserId(String(notice.user))
    const role = notice.role === 'admin' ? 'admin' : 'member'
    return user === undefined
      ? nothing
      : () => {
          inbox.push({ type: 'roleChanged', group, user, role })
        }
  },
  settingsChanged: ({ inbox }, group, notice) => {
    const { retentionMs } = notice.settings as { retentionMs: number }
    return () => {
      inbox.push({ type: 'settingsChanged', group, retentionMs })
    }
  },
  profileChanged:
    ({ inbox }, group, notice) =>
    () => {
      inbox.push({ type: 'profileChanged', group, version: Number(notice.version) })
    },
  removalRequired: (engine, group, notice) => removalRequired(engine, group, notice),
  groupDeleted: (engine, group) => () => {
    endGroup(engine, group, 'deleted')
    engine.inbox.push({ type: 'groupDeleted', group })
  },
  groupReset: (engine, group, notice) => {
    const successor = parseGroupId(String(notice.successor))
    return () => {
      const { state } = engine.groups.get(group) ?? {}
      const users = [...new Set(state === undefined ? [] : membersIn(state).map(({ user }) => user))]
      endGroup(engine, group, 'reset')
      engine.inbox.push({ type: 'groupReset', group, ...(successor === undefined ? { users } : { successor }) })
    }
  },
  faultReported: ({ inbox }, group, notice) => {
    const client = parseClientId(String(notice.client))
    const epoch = BigInt(String(notice.epoch))
    const detail = String(notice.detail)
    return client === undefined
      ? nothing
      : () => {
          inbox.push({ type: 'faultReported', group, client, epoch, detail })
        }
  },
}

const removalRequired = (engine: Engine, group: GroupId, notice: Claimed<'removalRequired'>): Effect => {
  const record = engine.groups.get(group)
  const leaves = leavesIn(notice.leaves)
  if (record?.state === undefined) return nothing
  const { state } = record
  return () => {
    if (leaves.includes(ownLeafOf(state))) return
    updateGroup(engine, group, { required: [...new Set([...record.required, ...leaves])] })
    const who = membersIn(state).filter(({ leafIndex }) => leaves.includes(leafIndex))
    if (who.length > 0 && notice.reason !== 'selfRemoval')
      engine.inbox.push({ type: 'leaving', group, who, reason: String(notice.reason) })
    engine.settleSoon(group)
  }
}

/** Leaf indices, plain or in objects that say whose they are. */
const leavesIn = (value: unknown): readonly number[] =>
  (Array.isArray(value) ? value : []).flatMap((leaf: unknown) => {
    if (typeof leaf === 'number') return [leaf]
    return typeof leaf === 'object' && leaf !== null && 'leafIndex' in leaf ? [Number(leaf.leafIndex)] : []
  })
