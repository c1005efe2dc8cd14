/** Another server on record: roots and why each is believed, what operators say of it, and what of it stands still. */
import { expect } from 'chai'
import { brokenIn } from '#src/commands/peer/brokenGroups.js'
import {
  breakRule,
  followRoot,
  parkPeer,
  peerAggregate,
  refuseSignature,
  seePeer,
  takeUpPeer,
} from '#src/commands/peer/peer.js'
import type { Peer } from '#src/commands/peer/peer.js'
import { changePolicy, changeSending, dropBacklog, pinRoot, resetPeer } from '#src/commands/peer/peerActs.js'
import type { PeerEvent } from '#src/events/peer.js'
import { parseGroupId } from '#src/mls/wire/ids.js'
import { given } from './given.js'

const on = (...past: readonly PeerEvent[]) => given(peerAggregate, past, 0)
const day = 24 * 3_600_000
const group = parseGroupId('mimi://b.example/g/atqexHBZL08O3dvRoXrDPQ')!
const seen: PeerEvent = { type: 'PeerSeen', data: { root: 'AAAA', keys: [] } }
const broke: PeerEvent = { type: 'PeerBrokeRule', data: { group, sequence: 7, reason: 'so it is' } }

const after = (...events: readonly PeerEvent[]): Peer => on(...events).state

describe('another server, on record', () => {
  it('keeps the root that it was first seen with, and tells which came before and why', () => {
    on(seen)
      .when(seePeer({ root: 'BBBB', keys: [] }))
      .then()
    const statement: PeerEvent = {
      type: 'PeerRootPinned',
      data: { root: 'BBBB', by: { type: 'statement', signature: 'AA' } },
    }
    on(seen)
      .when(followRoot({ from: 'AAAA', root: 'BBBB', signature: 'AA' }))
      .then(statement)
    const byHand: PeerEvent = { type: 'PeerRootPinned', data: { root: 'CCCC', by: { type: 'operator', act: 3 } } }
    on(seen, statement)
      .when(pinRoot({ root: 'CCCC', act: 3 }))
      .then(byHand)
    const { root, roots } = after(seen, statement, byHand)
    expect([root, roots]).to.deep.equal([
      'CCCC',
      [
        { root: 'AAAA', at: 0, by: 'firstSight' },
        { root: 'BBBB', at: 1, by: 'statement' },
        { root: 'CCCC', at: 2, by: 'operator' },
      ],
    ])
    // One that was pinned before it was seen stays.
    expect(after(byHand, seen)).to.include({ root: 'CCCC', seenAt: 1 })
  })

  for (const [what, decide, event] of [
    [
      'a policy',
      changePolicy({ policy: 'blocked', act: 4 }),
      { type: 'PeerPolicyChanged', data: { policy: 'blocked', act: 4 } },
    ],
    [
      'a pause',
      changeSending({ sending: false, act: 4 }),
      { type: 'PeerSendingChanged', data: { sending: false, act: 4 } },
    ],
    ['a reset', resetPeer({ act: 4 }), { type: 'PeerReset', data: { act: 4 } }],
    ['a drop', dropBacklog({ act: 4 }), { type: 'PeerDropped', data: { act: 4 } }],
  ] as const)
    it(`takes ${what} once: of two acts the later one holds, whichever was done first`, () => {
      on().when(decide).then(event)
      on(event).when(decide).then()
      const later = { ...event, data: { ...event.data, act: 5 } } as PeerEvent
      on(later).when(decide).then()
    })

  it('is parked until it shows itself, an operator resets it, or has it sent things again', () => {
    const paused: PeerEvent = { type: 'PeerPaused', data: { since: 12 } }
    expect(after(paused).parkedSince).to.equal(12)
    on().when(parkPeer(12)).then(paused)
    on(paused).when(parkPeer(13)).then()
    on(paused).when(takeUpPeer()).then({ type: 'PeerResumed', data: {} })
    on().when(takeUpPeer()).then()
    for (const end of [
      { type: 'PeerResumed', data: {} },
      { type: 'PeerReset', data: { act: 1 } },
      { type: 'PeerSendingChanged', data: { sending: true, act: 1 } },
    ] as const)
      expect(after(paused, end).parkedSince, end.type).to.equal(null)
    expect(after(paused, { type: 'PeerSendingChanged', data: { sending: false, act: 1 } }).parkedSince).to.equal(12)
  })

  it('has a group stand still where it broke a rule, once, until an operator resets it', () => {
    on()
      .when(breakRule({ group, sequence: 7, reason: 'so it is' }))
      .then(broke)
    on(broke)
      .when(breakRule({ group, sequence: 7, reason: 'so it is' }))
      .then()
    expect(brokenIn(after(broke), group)).to.include({ sequence: 7, reason: 'so it is' })
    expect(after(broke, { type: 'PeerReset', data: { act: 1 } }).broken).to.deep.equal([])
  })

  it('remembers a hundred such groups, the newest', () => {
    const many = Array.from({ length: 101 }, (_, n): PeerEvent => {
      const id = parseGroupId(`mimi://b.example/g/${Buffer.alloc(16, n).toString('base64url')}`)!
      return { type: 'PeerBrokeRule', data: { group: id, sequence: n, reason: '' } }
    })
    expect(after(...many).broken.map(({ sequence }) => sequence)).to.deep.equal(
      Array.from({ length: 100 }, (_, n) => n + 1),
    )
  })

  it('notes a refused signature once a day', () => {
    on().when(refuseSignature(0)).then({ type: 'PeerSignatureRefused', data: {} })
    const state = after({ type: 'PeerSignatureRefused', data: {} })
    expect(refuseSignature(day - 1)(state)).to.deep.equal({ accepted: [] })
    expect(refuseSignature(day)(state)).to.have.nested.property('accepted.length', 1)
  })
})
