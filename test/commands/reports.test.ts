/** Reports: made once, closed once, and without their evidence after a while; and when somebody was in a group. */
import { expect } from 'chai'
import { noStays, stay, wasThere } from '#src/commands/group/stays.js'
import { closeReport, expireReport, makeReport, reportAggregate } from '#src/commands/report/report.js'
import type { AddressedLeaf, GroupEvent, Occupant } from '#src/events/group.js'
import type { ReportEvent } from '#src/events/report.js'
import type { GroupId, UserId } from '#src/mls/wire/ids.js'
import { given, start } from './given.js'
import { client, user } from './people.js'

const report = 'Vm0wd2QyVkhVWGhUV0doVg'
const group = 'mimi://example.org/g/Vm0wd2QyVkhVWGhUV0doVg' as GroupId
const data = {
  report,
  group,
  reporter: user(1),
  accused: user(2),
  category: 'spam',
  evidence: { digest: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU', size: 5_499 },
  keeper: user(2),
} as const
const made: ReportEvent = { type: 'ReportMade', data }
const closed: ReportEvent = { type: 'ReportClosed', data: { report, act: 3, outcome: 'acted' } }
const expired: ReportEvent = { type: 'ReportExpired', data: { report } }

describe('a report', () => {
  it('is made once, whatever became of it', () => {
    given(reportAggregate).when(makeReport(data)).then(made)
    for (const past of [[made], [made, closed], [made, closed, expired]])
      given(reportAggregate, past)
        .when(makeReport({ ...data, category: 'other' }))
        .thenRejected({ code: 'already-exists', what: 'report' })
  })

  it('is closed once, and only where there is one', () => {
    given(reportAggregate)
      .when(closeReport({ report, act: 3, outcome: 'acted' }))
      .thenRejected({ code: 'no-such-report' })
    given(reportAggregate, [made])
      .when(closeReport({ report, act: 3, outcome: 'acted' }))
      .then(closed)
    given(reportAggregate, [made, closed])
      .when(closeReport({ report, act: 4, outcome: 'dismissed' }))
      .then()
  })

  it('lets its evidence go once it was closed long enough ago, and once', () => {
    const at = start + 1
    const by = (closedBefore: number) => expireReport({ report, closedBefore, madeBefore: start - 1 })
    given(reportAggregate).when(by(at)).then()
    given(reportAggregate, [made]).when(by(at)).then()
    given(reportAggregate, [made, closed])
      .when(by(at - 1))
      .then()
    given(reportAggregate, [made, closed]).when(by(at)).then(expired)
    given(reportAggregate, [made, closed, expired]).when(by(at)).then()
  })

  it('that nobody closes lets it go too, is no less open, and can be closed', () => {
    const by = (madeBefore: number) => expireReport({ report, closedBefore: 0, madeBefore })
    given(reportAggregate).when(by(start)).then()
    given(reportAggregate, [made])
      .when(by(start - 1))
      .then()
    given(reportAggregate, [made]).when(by(start)).then(expired)
    given(reportAggregate, [made, expired]).when(by(start)).then()
    given(reportAggregate, [made, closed]).when(by(start)).then()
    given(reportAggregate, [made, expired])
      .when(closeReport({ report, act: 3, outcome: 'acted' }))
      .then(closed)
  })
})

const minute = 60_000
const seat = (leafIndex: number, of: UserId): Occupant => ({ leafIndex, user: of, client: client(leafIndex) })
const leaf = (leafIndex: number, of: UserId): AddressedLeaf => ({
  ...seat(leafIndex, of),
  queue: { reference: '', signatureKey: '' },
  notAfter: 0,
})
const commit = (added: readonly AddressedLeaf[], removed: readonly Occupant[] = []): GroupEvent => ({
  type: 'CommitAccepted',
  data: {
    group,
    epoch: '1',
    commit: '',
    committer: seat(0, user(1)),
    external: false,
    added: [...added],
    removed: [...removed],
    updated: [],
    groupInfo: { digest: '', size: 0 },
  },
})
const required = (...leaves: readonly Occupant[]): GroupEvent => ({
  type: 'RemovalRequired',
  data: { group, leaves: [...leaves], reason: 'clientRemoved' },
})

describe('a user’s stays in a group', () => {
  /** One fact a minute, from minute 1 on; the minutes in which the user was there. */
  const minutesOf = (of: UserId, ...facts: readonly GroupEvent[]): readonly number[] => {
    const stays = facts.reduce((before, fact, n) => stay(before, fact, (n + 1) * minute), noStays(of))
    return Array.from({ length: 9 }, (_, n) => n).filter((n) => wasThere(stays, n * minute + minute / 2 + 1))
  }
  const bob = user(2)
  const other = commit([leaf(3, user(3))])

  it('begin with the Commit that adds a client of it, and last', () => {
    expect(minutesOf(bob, other, commit([leaf(1, bob)]), other)).to.deep.equal([2, 3, 4, 5, 6, 7, 8])
    const stays = stay(noStays(bob), commit([leaf(1, bob)]), 5 * minute)
    expect([5 * minute - 1, 5 * minute].map((at) => wasThere(stays, at))).to.deep.equal([false, true])
  })

  it('end with its last client, by a Commit or before one, and may begin again', () => {
    const both = commit([leaf(1, bob), leaf(2, bob)])
    expect(minutesOf(bob, both, commit([], [seat(1, bob)]), commit([], [seat(2, bob)]))).to.deep.equal([1, 2])
    expect(minutesOf(bob, both, required(seat(1, bob), seat(2, bob)), other)).to.deep.equal([1])
    expect(
      minutesOf(bob, both, required(seat(1, bob), seat(2, bob)), commit([leaf(1, bob)], [seat(1, bob)])),
    ).to.deep.equal([1, 3, 4, 5, 6, 7, 8])
  })

  it('go on where one client takes another’s place', () => {
    expect(minutesOf(bob, commit([leaf(1, bob)]), commit([leaf(1, bob)], [seat(1, bob)]))).to.deep.equal([
      1, 2, 3, 4, 5, 6, 7, 8,
    ])
  })

  it('end with the group', () => {
    expect(minutesOf(bob, commit([leaf(1, bob)]), other, { type: 'GroupDeleted', data: { group } })).to.deep.equal([
      1, 2,
    ])
    expect(minutesOf(bob, commit([leaf(1, bob)]), { type: 'GroupReset', data: { group } })).to.deep.equal([1])
  })

  it('end a moment late: what was under way then was shown', () => {
    const stays = stay(stay(noStays(bob), commit([leaf(1, bob)]), 0), commit([], [seat(1, bob)]), minute)
    expect([minute + 30_000, minute + 30_001].map((at) => wasThere(stays, at))).to.deep.equal([true, false])
  })

  it('are nobody else’s', () => {
    expect(minutesOf(user(4), commit([leaf(1, bob)]), commit([], [seat(1, bob)]))).to.deep.equal([])
  })
})
