/** What operators do is counted and on record: one sentence per rule. */
import { expect } from 'chai'
import { issueOperatorToken, operatorsAggregate, recordAct } from '#src/commands/operators/operators.js'
import { acceptClockAt, serverAggregate } from '#src/commands/server/server.js'
import { given, start } from './given.js'

const act = { by: { token: 'n4bQgYhMfWWaL-qg' }, what: { type: 'acceptClock' }, why: 'it is' } as const
const acted = (number: number) => ({ type: 'OperatorActed', data: { number, ...act } }) as const
const own = { name: 'operator', role: 'admin' } as const
const issued = (tokenHash: string) => ({ type: 'OperatorTokenIssued', data: { tokenHash, ...own } }) as const

describe('operators', () => {
  it('have the token that was issued last, and no event for one that holds already', () => {
    given(operatorsAggregate).when(issueOperatorToken('a')).then(issued('a'))
    given(operatorsAggregate, [issued('a')])
      .when(issueOperatorToken('a'))
      .then()
    given(operatorsAggregate, [issued('a'), issued('b')])
      .when(issueOperatorToken('a'))
      .then(issued('a'))
  })

  it('act on record, and each act has the next number, whatever stands between', () => {
    given(operatorsAggregate).when(recordAct(act)).then(acted(1))
    given(operatorsAggregate, [acted(1), issued('a')])
      .when(recordAct(act))
      .then(acted(2))
    expect(given(operatorsAggregate, [issued('a'), acted(1)]).state).to.deep.equal({
      tokens: [{ tokenHash: 'a', ...own, issued: start }],
      revoked: [],
      invitations: [],
      acts: 1,
    })
  })
})

describe('the word of an operator about the clock of servers that run', () => {
  const begun = { type: 'ServerInitialised', data: { domain: 'd', logId: 'l', keysFingerprint: 'k' } } as const
  const held = { type: 'ClockHeld', data: { process: 'p', believed: start } } as const

  it('names the time since it was doubted', () => {
    const skipped = { from: start, until: start + 5 }
    given(serverAggregate, [begun, held])
      .when(acceptClockAt(start + 5))
      .then({ type: 'ClockAccepted', data: { by: 'operator', skipped } })
  })

  it('skips nothing where nobody doubts it, or it was ahead', () => {
    const plain = { type: 'ClockAccepted', data: { by: 'operator' } } as const
    given(serverAggregate, [begun])
      .when(acceptClockAt(start + 5))
      .then(plain)
    given(serverAggregate, [begun, held])
      .when(acceptClockAt(start - 5))
      .then(plain)
  })
})
