/** A Welcome in the queue: fetched, opened with the KeyPackage it was made for, the tree asked of the server. */
import { leafIdentityOf } from '../account/account.js'
import { findKeyPackage, useUp } from '../account/keyPackages.js'
import type { Engine } from '../engine/engine.js'
import { domainOf, groupIdFromBytes } from '../../mls/wire/ids.js'
import { epochOf } from '../member/groupState.js'
import { joinByWelcome } from '../member/joinByWelcome.js'
import { isRefusal } from '../transport/refused.js'
import { newGroupRecord, updateGroup } from './groupRecord.js'
import { membersIn } from './members.js'
import { type Effect, groupIn, type Item } from './receive.js'

const nothing: Effect = () => undefined

/** The caller holds the group. */
export const receiveWelcome = async (engine: Engine, item: Item): Promise<Effect> => {
  const group = groupIn(item)
  const refs = Array.isArray(item['refs']) ? item['refs'].map(String) : []
  const keyPackage = await findKeyPackage(engine, refs)
  if (group === undefined || keyPackage === undefined) return nothing
  const known = engine.groups.get(group)
  if (known?.status === 'active' && known.state !== undefined && epochOf(known.state) >= BigInt(String(item['epoch'])))
    return nothing
  const { root } = item
  // Told, where it is another one; whether its members are believed is seen by their certificates.
  if (typeof root === 'string') await engine.roots.isKnown(domainOf(group), root)
  const joined = await open(engine, String(item['digest']), keyPackage)
  if (joined.type === 'refused') {
    return () => {
      engine.inbox.push({ type: 'outOfStep', group, reason: joined.detail })
      updateGroup(engine, group, { ...newGroupRecord(group, 'lost') })
      engine.settleSoon(group)
    }
  }
  return () => {
    useUp(engine, keyPackage)
    const outgoing = (engine.groups.get(group)?.outgoing ?? []).map((left) => ({ ...left, anew: true }))
    updateGroup(engine, group, {
      ...newGroupRecord(group, 'active'),
      state: joined.state,
      outgoing,
      ownProfile: 'soon',
    })
    if (engine.profiles.of(engine.account.user) !== undefined) engine.settleSoon(group)
    const members = membersIn(joined.state).map(({ user, client }) => ({ user, client }))
    engine.inbox.push({ type: 'joined', group, members })
    engine.replenishSoon()
  }
}

const open = async (
  engine: Engine,
  digest: string,
  keyPackage: Parameters<typeof joinByWelcome>[0]['keyPackage'],
): Promise<Awaited<ReturnType<typeof joinByWelcome>>> => {
  try {
    return await joinByWelcome({
      welcome: await engine.api.queues.welcome(engine.account.queue, digest),
      keyPackage,
      identity: leafIdentityOf(engine.account),
      fetchTree: (groupId, epoch) => {
        const group = groupIdFromBytes(groupId)
        if (group === undefined) throw new TypeError('the group id is none of a homeserver')
        return engine.api.groups.tree(group, epoch)
      },
      check: engine.check,
    })
  } catch (error) {
    if (isRefusal(error)) return { type: 'refused', detail: error.code }
    throw error
  }
}
