/** An item to the part that knows its type; its effect and the cursor that passes it are applied in one step. */
import type { GroupId, QueueId } from '../../mls/wire/ids.js'
import { receiveAccountNotice } from '../account/notice.js'
import type { Engine } from '../engine/engine.js'
import { receiveGroupNotice } from '../groups/notice.js'
import { type Effect, groupIn, type Item, receiveCommit, receiveMessage, receiveProposal } from '../groups/receive.js'
import { receiveWelcome } from '../groups/welcome.js'
import type { Cursors } from './cursors.js'

export const dispatchTo =
  (engine: Engine, cursors: Cursors, queue: QueueId) =>
  (item: Item): Promise<void> =>
    engine.locks.hold(groupIn(item) ?? `account ${queue}`, async () => {
      const effect = await effectOf(engine, item)
      effect()
      cursors.set(queue, item.position)
    })

const effectOf = async (engine: Engine, item: Item): Promise<Effect> => {
  switch (item.type) {
    case 'message':
      return receiveMessage(engine, item)
    case 'commit':
      return receiveCommit(engine, item)
    case 'proposal':
      return receiveProposal(engine, item)
    case 'welcome':
      return receiveWelcome(engine, item)
    case 'notice':
      return groupIn(item) === undefined ? receiveAccountNotice(engine, item) : receiveGroupNotice(engine, item)
    case 'gap':
      return gapEffect(engine, item)
    default:
      return () => undefined
  }
}

const gapEffect = ({ inbox }: Engine, item: Item): Effect => {
  const groups = Array.isArray(item['groups']) ? (item['groups'] as readonly { group: GroupId; count: number }[]) : []
  return () => {
    for (const { group, count } of groups) inbox.push({ type: 'missed', group, count, reason: 'fell out of the queue' })
  }
}
