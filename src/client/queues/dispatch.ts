/** An item to the part that receives its type; its effect and the cursor that passes it are applied in one step. */
import type { QueueItem } from '../../items/queueItem.js'
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
      const effect = await receive(engine, item)
      effect()
      cursors.set(queue, item.position)
    })

/** Types that this version does not know are passed over. */
const receive = async (engine: Engine, item: Item): Promise<Effect> =>
  isKnown(item.type) ? receivers[item.type](engine, item) : () => undefined

const isKnown = (type: string): type is QueueItem['type'] => Object.hasOwn(receivers, type)

const gapEffect = ({ inbox }: Engine, item: Item): Effect => {
  const groups = Array.isArray(item['groups']) ? (item['groups'] as readonly { group: GroupId; count: number }[]) : []
  return () => {
    for (const { group, count } of groups) inbox.push({ type: 'missed', group, count, reason: 'fell out of the queue' })
  }
}

/** An item that the server's list has and this one forgets does not compile. */
const receivers: {
  readonly [Type in QueueItem['type']]: (engine: Engine, item: Item) => Effect | Promise<Effect>
} = {
  message: receiveMessage,
  commit: receiveCommit,
  proposal: receiveProposal,
  welcome: receiveWelcome,
  notice: (engine, item) =>
    groupIn(item) === undefined ? receiveAccountNotice(engine, item) : receiveGroupNotice(engine, item),
  gap: gapEffect,
}
