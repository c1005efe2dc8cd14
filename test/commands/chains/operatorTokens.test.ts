/** Operator tokens: who makes and ends them, decided on what the log has and not on what was true a moment ago. */
import { expect } from 'chai'
import { operatorsAggregate, recordAct } from '#src/commands/operators/operators.js'
import { issueToken, revokeToken } from '#src/commands/operators/tokens.js'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { fingerprintOf, operatorsStream } from '#src/events/operators.js'
import type { OperatorRole } from '#src/events/operatorRole.js'
import { makeStreams } from '#src/streams/streams.js'
import { given, start } from '../given.js'

const hashOf = (letter: string): string => letter.repeat(43)
const issued = (name: string, role: OperatorRole, hash = hashOf(name[0]!), expires?: number) =>
  ({
    type: 'OperatorTokenIssued',
    data: { tokenHash: hash, name, role, ...(expires === undefined ? {} : { expires }) },
  }) as const
const by = (name: string) => ({ token: fingerprintOf(hashOf(name[0]!)), name })
const at = start + 1_000
const issue = (grantor: string, name: string, role: OperatorRole, more: object = {}) =>
  issueToken({ by: by(grantor), why: 'w', at, tokenHash: hashOf(name[0]!), name, role, operatorTokensMax: 4, ...more })
const acted = (grantor: string, what: object) =>
  ({ type: 'OperatorActed', data: { number: 1, by: by(grantor), what, why: 'w' } }) as never

describe('a token of operators', () => {
  const past = [issued('root', 'admin'), issued('ops', 'operate')]

  it('is on record in the append that makes it', () => {
    given(operatorsAggregate, past)
      .when(issue('root', 'ci', 'read', { expires: at + 1 }))
      .then(
        acted('root', {
          type: 'issueToken',
          token: fingerprintOf(hashOf('c')),
          name: 'ci',
          role: 'read',
          expires: at + 1,
        }),
        issued('ci', 'read', hashOf('c'), at + 1),
      )
  })

  it('is granted by nobody whose own role is below, nor by one that does not hold any more', () => {
    given(operatorsAggregate, past)
      .when(issue('ops', 'ci', 'read'))
      .thenRejected({ code: 'not-allowed', capability: 'grantRole' })
    const unknown = { code: 'not-authenticated', detail: 'the token is not known' } as const
    given(operatorsAggregate, [issued('root', 'admin'), issued('late', 'admin', hashOf('l'), at)])
      .when(issue('late', 'ci', 'read'))
      .thenRejected(unknown)
    given(operatorsAggregate, past)
      .when(issue('stranger', 'ci', 'read'))
      .thenRejected(unknown)
  })

  it('is one of so many that hold', () => {
    const some = [...past, issued('x', 'read'), issued('y', 'read', hashOf('y'), at)]
    given(operatorsAggregate, some)
      .when(issue('root', 'ci', 'read'))
      .then(
        acted('root', { type: 'issueToken', token: fingerprintOf(hashOf('c')), name: 'ci', role: 'read' }),
        issued('ci', 'read'),
      )
    given(operatorsAggregate, [...some, issued('z', 'read')])
      .when(issue('root', 'ci', 'read'))
      .thenRejected({ code: 'limit-reached', limit: 'operatorTokensMax', max: 4 })
  })

  it('that was revoked acts no more, though its request was let in before', () => {
    const revoked = { type: 'OperatorTokenRevoked', data: { tokenHash: hashOf('o'), name: 'ops' } } as const
    given(operatorsAggregate, [...past, revoked])
      .when(recordAct({ by: by('ops'), what: { type: 'acceptClock' }, why: 'w' }))
      .thenRejected({ code: 'not-authenticated', detail: 'the token was revoked' })
  })

  it('of the last admin outlives the rush of two admins at two processes to revoke each other', async () => {
    const events = { ...openMemoryEventStore(), exclusive: false }
    const process = () =>
      makeStreams({
        events,
        snapshots: openMemorySnapshots(),
        cacheBytesMax: 1_000_000,
        pause: () => Promise.resolve(),
      })
    const command = (id: string) => ({ id, bodyHash: id, at })
    const [one, two] = [process(), process()]
    await one.execute(operatorsAggregate, operatorsStream, command('a'), () => ({
      accepted: [issued('anna', 'admin')],
    }))
    await one.execute(operatorsAggregate, operatorsStream, command('b'), () => ({
      accepted: [issued('bert', 'admin')],
    }))
    await two.read(operatorsAggregate, operatorsStream)
    const revoke = (streams: typeof one, grantor: string, name: string) =>
      streams.execute(
        operatorsAggregate,
        operatorsStream,
        command(`${grantor} ${name}`),
        revokeToken({ by: by(grantor), why: 'w', at, name }),
      )
    const outcomes = await Promise.all([revoke(one, 'anna', 'bert'), revoke(two, 'bert', 'anna')])
    expect(outcomes.filter((outcome) => 'rejected' in outcome)).to.have.length(1)
    const { state } = await one.read(operatorsAggregate, operatorsStream)
    expect(state.tokens).to.have.length(1)
  })
})
