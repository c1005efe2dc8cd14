/** Numbers of what a follower has not confirmed, where what fell out began before it. */
import { expect } from 'chai'
import { numbered } from '#src/federation/outbox/numbering.js'

describe('numbers of an outbox', () => {
  it('are those that are not confirmed of what a gap stands for: its first may have come all the same', () => {
    const anchor = { sequence: 8, groupRevision: 2, messagesRevision: 14 }
    const commit = { kind: 'commit', revision: 3, position: 59 } as const
    const { items, next } = numbered(anchor, [commit], [{ from: 7, through: 9, messagesRevision: 16 }])
    expect(items.map(({ numbers }) => numbers)).to.deep.equal([
      { sequence: 8, through: 9, groupRevision: 2, messagesRevision: 16 },
      { sequence: 10, through: 10, groupRevision: 3, messagesRevision: 16 },
    ])
    expect(next).to.deep.equal({ sequence: 11, groupRevision: 3, messagesRevision: 16 })
  })
})
