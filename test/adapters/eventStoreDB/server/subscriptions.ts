/** The test server's subscriptions to the whole log: catch-up, then live, dropped when slow, with the skip of the real one. */
import streams from '@eventstore/db-client/generated/streams_pb.js'
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js'
import { dropped } from './errors.js'
import type { Drop } from './faults.js'
import type { Record } from './record.js'
import { toResponse, type ReadCall } from './reads.js'
import type { ServerState } from './server.js'

/** Between two checkpoints of a filtered subscription. */
const checkpointEvents = 32

export const subscribe = async (state: ServerState, call: ReadCall, options: ReadReq.Options): Promise<void> => {
  const { storage, faults, subscriptions } = state
  const wanted = filterOf(options)
  let index = startOf(state, options)
  let live = false
  let over = false
  let wake = (): void => undefined

  const ended = (): boolean => over

  const drop = (how: Drop): void => {
    if (over) return
    over = true
    if (how === 'quiet') call.end()
    else call.emit('error', dropped(how))
    wake()
  }
  const woken = (): Promise<void> => new Promise((resolve) => (wake = resolve))
  const unlisten = storage.onAppended(() => {
    wake()
  })
  call.on('cancelled', () => {
    over = true
    wake()
  })
  subscriptions.add(drop)

  const write = async (response: ReadResp): Promise<void> => {
    await state.gate.passed()
    if (ended() || call.write(response)) return
    const drained = new Promise<void>((resolve) => call.once('drain', resolve))
    while (!ended() && call.writableNeedDrain) await Promise.race([drained, woken()])
  }

  const catchUp = async (): Promise<void> => {
    for (let sinceCheckpoint = 0; !ended() && !faults.silent && index < storage.log.length;) {
      const record = storage.log[index++]
      if (record === undefined) continue
      // Live events come one by one, each in a packet of its own; a burst makes anybody a slow consumer.
      if (live) await nextTurn()
      if (live && storage.log.length - index > faults.liveBufferMax) drop('tooSlow')
      if (ended()) return
      if (wanted(record)) await write(toResponse(record))
      if (options.hasFilter() && ++sinceCheckpoint % checkpointEvents === 0) await write(checkpoint(record))
    }
  }

  await write(new streams.ReadResp().setConfirmation(new streams.ReadResp.SubscriptionConfirmation()))
  while (!ended()) {
    await catchUp()
    if (ended() || (index < storage.log.length && !faults.silent)) continue
    if (!live) {
      live = true
      await write(new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp()))
      continue
    }
    await woken()
    await state.lateness.pass()
  }
  unlisten()
  subscriptions.delete(drop)
  state.unsubscribed()
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** From a position on, without the one event that the real server reads there, whether it is that position's or not. */
const startOf = ({ storage }: ServerState, options: ReadReq.Options): number => {
  const all = options.getAll()
  if (all?.hasStart() === true) return 0
  if (all?.hasPosition() !== true) return storage.log.length
  let index = storage.indexAt(Number(all.getPosition()?.getCommitPosition()))
  while (index < storage.log.length && storage.log[index] === undefined) index++
  return Math.min(index + 1, storage.log.length)
}

const filterOf = (options: ReadReq.Options): ((record: Record) => boolean) => {
  const filter = options.getFilter()
  if (filter === undefined) return () => true
  const expression = filter.getEventType() ?? filter.getStreamIdentifier()
  const pattern = new RegExp(expression?.getRegex() ?? '')
  return filter.hasEventType() ? ({ type }) => pattern.test(type) : ({ stream }) => pattern.test(stream)
}

const checkpoint = ({ position }: Record): ReadResp =>
  new streams.ReadResp().setCheckpoint(
    new streams.ReadResp.Checkpoint().setCommitPosition(String(position)).setPreparePosition(String(position)),
  )
