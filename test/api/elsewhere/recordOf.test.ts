/** The record of another server's group: whose it is, and who waits for it. */
import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { isBehind, recordOf } from '#src/api/elsewhere/recordOf.js'
import { untilWithin } from '#src/api/elsewhere/until.js'
import { winnerSoon } from '#src/api/elsewhere/winnerSoon.js'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { groupAggregate } from '#src/commands/group/group.js'
import { groupStream } from '#src/events/group.js'
import type { GroupEvent } from '#src/events/group.js'
import { parseDomain, parseGroupId } from '#src/mls/wire/ids.js'
import type { ClientId, UserId } from '#src/mls/wire/ids.js'
import { derivedId } from '#src/streams/commandId.js'
import { accept } from '#src/streams/decider.js'
import { reject } from '#src/streams/rejection.js'
import { makeStreams } from '#src/streams/streams.js'

const golden = JSON.parse(await readFile('test/golden/events/group.GroupCreated.v1.json', 'utf8')) as {
  event: { data: { group: string; creator: { user: UserId; client: ClientId } } }
}
const { data } = golden.event
const group = parseGroupId(data.group)!
const by = data.creator
const stranger = { user: 'mimi://example.org/u/x' as UserId, client: 'mimi://example.org/d/x' as ClientId }
const hub = parseDomain('example.org')!

const house = async () => {
  const streams = makeStreams({
    events: openMemoryEventStore(),
    snapshots: openMemorySnapshots(),
    cacheBytesMax: 1_000_000,
    pause: () => Promise.resolve(),
  })
  const command = { id: derivedId('made', 'one'), bodyHash: '', at: 1 }
  const event = { type: 'GroupCreated', data } as unknown as GroupEvent
  await streams.execute(groupAggregate, groupStream(group), command, () => accept(event))
  const { state } = await streams.read(groupAggregate, groupStream(group))
  if (state.status !== 'active') throw new Error('the golden group is none')
  return { streams, state }
}

/** Looked at once for each sleep, and never again. */
const clock = () => {
  const hand = {
    at: 0,
    slept: 0,
    now: () => hand.at,
    sleep: (ms: number) => {
      hand.pass(ms)
      return Promise.resolve()
    },
    pass: (ms: number) => {
      hand.at += ms
      hand.slept++
    },
  }
  return hand
}

describe('the record of another server’s group', () => {
  it('is waited for by who is ahead of it, for a while, and by no stranger', async () => {
    const { state } = await house()
    const at = { epoch: 0n, reads: 0 }
    const streams = {
      read: () => {
        if (++at.reads === 4) at.epoch = 3n
        return Promise.resolve({ state: { ...state, hub, mls: { ...state.mls, epoch: at.epoch } } })
      },
    } as never
    const hand = clock()
    const until = untilWithin(hand)
    const found = await recordOf({ streams, until }, group, by, 3n)
    expect(isBehind(found, by, 3n)).to.equal(false)
    expect([at.reads, hand.slept]).to.deep.equal([4, 2])
    expect(isBehind(await recordOf({ streams, until }, group, by, 4n), by, 4n)).to.equal(true)
    expect(hand.at).to.be.within(2_000, 2_100)
    const before = hand.at
    await recordOf({ streams, until }, group, stranger, 9n)
    expect(hand.at).to.equal(before)
  })

  it('has the winner of an epoch soon after its hub said who lost it', async () => {
    const { state } = await house()
    const at = { epoch: 0n }
    const recent = [{ epoch: 1n, revision: 1, commit: 'AAAA' }]
    const streams = {
      read: () => Promise.resolve({ state: { ...state, hub, recent, mls: { ...state.mls, epoch: at.epoch } } }),
    } as never
    const hand = clock()
    const lost = reject({ code: 'wrong-epoch', currentEpoch: '1' })
    const soon = (asked: bigint) => winnerSoon({ streams, until: untilWithin(hand) }, group, asked, lost)
    expect(await soon(0n)).to.deep.equal(lost)
    at.epoch = 1n
    expect(await soon(0n)).to.deep.equal(reject({ code: 'wrong-epoch', currentEpoch: '1', winningCommit: 'AAAA' }))
    const before = hand.at
    expect(await soon(1n), 'of an epoch that has not begun').to.deep.equal(lost)
    expect(hand.at).to.equal(before)
  })
})
