/** What an operator is told of other servers in the notes of /readyz: how many, and never which. */
import { expect } from 'chai'
import { notesOnPeers } from '#src/federation/notes.js'
import { parseDomain } from '#src/mls/wire/ids.js'

const peer = parseDomain('b.example')!

describe('notes on other servers', () => {
  it('say nothing where all is well', () => {
    expect(notesOnPeers({ failing: [], stopped: [] }, [], 0)).to.deep.equal([])
  })

  it('count those that do not answer, those that were given up, and groups that stand still', () => {
    const stopped = [{ peer, group: 'g', why: 'so it is' }]
    const troubled = [
      { peer: 'c.example', parkedSince: 1, broken: 0 },
      { peer: 'd.example', parkedSince: null, broken: 2 },
    ]
    expect(notesOnPeers({ failing: [peer, parseDomain('c.example')!], stopped }, troubled, 1)).to.deep.equal([
      'other servers that do not answer: 1',
      'other servers that were away for a week and are sent nothing: 1',
      'groups that are sent to a follower no further: 1',
      'groups of other servers that are followed no further: 3',
    ])
  })
})
