/** Waiting for what another server accepted to come back. */
import { expect } from 'chai'
import { rememberRecordedIds } from '#src/api/elsewhere/recordedIds.js'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { groupStream } from '#src/events/group.js'
import { messagesStream } from '#src/events/messages.js'
import { makeId, parseDomain } from '#src/mls/wire/ids.js'
import { toPosition } from '#src/ports/position.js'
import { eventId } from '#src/streams/commandId.js'

const hub = parseDomain('hub.example')!
const own = parseDomain('own.example')!
const group = makeId('group', hub, new Uint8Array(16))
const [one, other] = [eventId('one', 0), eventId('other', 0)]

/** Time stands still until `pass`. */
const house = () => {
  const events = openMemoryEventStore()
  const waiting = new Set<() => void>()
  const clock = {
    sleep: (_: number, signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        waiting.add(resolve)
        signal.addEventListener('abort', () => {
          waiting.delete(resolve)
          resolve()
        })
      }),
  }
  const record = async (stream: string, cause: string, ofHub = true): Promise<void> => {
    const meta = { v: 1, at: 1, command: 'c', cause, ...(ofHub ? { hub: { domain: hub, sequence: 0 } } : {}) }
    await events.append(stream, [{ id: eventId(cause, 7), type: 'MessageAccepted', data: {}, meta }], 'any')
  }
  const ids = rememberRecordedIds(events, clock, own)
  const pass = (): void => {
    for (const wake of [...waiting]) wake()
  }
  return { events, ids, record, waiting, pass }
}

describe('the id that a hub gave to what it accepted', () => {
  it('is known once it came with the log, also to who asked before', async () => {
    const { ids, waiting } = house()
    const asked = [
      ids.positionOf(one, undefined, 100),
      ids.positionOf(one, group, 100),
      ids.positionOf(other, group, 100),
    ]
    while (waiting.size < 3) await new Promise(setImmediate)
    ids.heard([{ id: one, position: toPosition(5) }])
    expect(await Promise.all(asked.slice(0, 2))).to.deep.equal([5, 5])
    expect(await ids.positionOf(one, undefined, 100)).to.equal(5)
    expect(waiting.size).to.equal(1)
  })

  it('is given up after a while', async () => {
    const { ids, waiting, pass } = house()
    const asked = ids.positionOf(one, undefined, 100)
    expect(waiting.size).to.equal(1)
    pass()
    expect(await asked).to.equal(undefined)
    expect(waiting.size).to.equal(0)
  })

  it('is found where it was recorded before this process began, in either stream of its group', async () => {
    const { ids, record, events } = house()
    await record(groupStream(group), one)
    await record(messagesStream(group), other)
    const positions = (await events.readAll({ after: toPosition(0) })).map(({ position }) => position)
    expect([await ids.positionOf(one, group, 100), await ids.positionOf(other, group, 100)]).to.deep.equal(positions)
  })

  it('is looked for a few messages at a time, and in no group that is decided here', async () => {
    const { ids, record, events, pass, waiting } = house()
    const asked: (readonly [string, number])[] = []
    const readStream = events.readStream.bind(events)
    events.readStream = (stream, page) => {
      asked.push([stream, page?.limit ?? Infinity])
      return readStream(stream, page)
    }
    for (let n = 0; n < 40; n++) await record(messagesStream(group), eventId('another', n))
    const ours = makeId('group', own, new Uint8Array(16))
    const looked = [ids.positionOf(one, group, 100), ids.positionOf(one, ours, 100)]
    while (waiting.size < 2 || asked.length < 3) await new Promise(setImmediate)
    pass()
    expect(await Promise.all(looked)).to.deep.equal([undefined, undefined])
    expect(asked).to.deep.equal([16, 16, 8].map((limit) => [messagesStream(group), limit]))
  })

  it('is none of an event that was decided here', async () => {
    const { ids, record, waiting, pass } = house()
    await record(groupStream(group), one, false)
    const asked = ids.positionOf(one, group, 100)
    while (waiting.size < 1) await new Promise(setImmediate)
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
    pass()
    expect(await asked).to.equal(undefined)
  })
})
