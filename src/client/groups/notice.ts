/** What the server says of a group: roles, settings, removals to come, its end. */
import { parseClientId, parseGroupId, parseUserId } from '../../mls/wire/ids.js'
import type { Engine } from '../engine/engine.js'
import { ownLeafOf } from '../member/groupState.js'
import { updateGroup } from './groupRecord.js'
import { membersIn } from './members.js'
import { type Effect, groupIn, type Item } from './receive.js'
import { endGroup } from './unconfirmed.js'

const nothing: Effect = () => undefined

/** The caller holds the group. Kinds that this version does not know are passed over. */
export const receiveGroupNotice = (engine: Engine, item: Item): Effect => {
  const group = groupIn(item)
  if (group === undefined) return nothing
  const { inbox } = engine
  switch (item['kind']) {
    case 'roleChanged': {
      const user = parseUserId(String(item['user']))
      const role = item['role'] === 'admin' ? 'admin' : 'member'
      return user === undefined
        ? nothing
        : () => {
            inbox.push({ type: 'roleChanged', group, user, role })
          }
    }
    case 'settingsChanged': {
      const { retentionMs } = item['settings'] as { retentionMs: number }
      return () => {
        inbox.push({ type: 'settingsChanged', group, retentionMs })
      }
    }
    case 'profileChanged':
      return () => {
        inbox.push({ type: 'profileChanged', group, version: Number(item['version']) })
      }
    case 'removalRequired':
      return removalRequired(engine, item)
    case 'groupDeleted':
      return () => {
        endGroup(engine, group, 'deleted')
        inbox.push({ type: 'groupDeleted', group })
      }
    case 'groupReset': {
      const successor = parseGroupId(String(item['successor']))
      if (successor === undefined) return nothing
      return () => {
        endGroup(engine, group, 'reset')
        inbox.push({ type: 'groupReset', group, successor })
      }
    }
    case 'faultReported': {
      const client = parseClientId(String(item['client']))
      const epoch = BigInt(String(item['epoch']))
      const detail = String(item['detail'])
      return client === undefined
        ? nothing
        : () => {
            inbox.push({ type: 'faultReported', group, client, epoch, detail })
          }
    }
    default:
      return nothing
  }
}

const removalRequired = (engine: Engine, item: Item): Effect => {
  const group = groupIn(item)
  const record = group === undefined ? undefined : engine.groups.get(group)
  const leaves = leavesIn(item['leaves'])
  if (group === undefined || record?.state === undefined) return nothing
  const { state } = record
  return () => {
    if (leaves.includes(ownLeafOf(state))) return
    updateGroup(engine, group, { required: [...new Set([...record.required, ...leaves])] })
    const who = membersIn(state).filter(({ leafIndex }) => leaves.includes(leafIndex))
    if (who.length > 0 && item['reason'] !== 'selfRemoval')
      engine.inbox.push({ type: 'leaving', group, who, reason: String(item['reason']) })
    engine.settleSoon(group)
  }
}

/** Leaf indices, plain or in objects that say whose they are. */
const leavesIn = (value: unknown): readonly number[] =>
  (Array.isArray(value) ? value : []).flatMap((leaf: unknown) => {
    if (typeof leaf === 'number') return [leaf]
    return typeof leaf === 'object' && leaf !== null && 'leafIndex' in leaf ? [Number(leaf.leafIndex)] : []
  })
