import { expect } from 'chai'
import {
  foldHandle,
  handleAggregate,
  handleHash,
  releaseHandle,
  reserveHandle,
  takeOverHandle,
} from '#src/commands/account/handleReservation.js'
import type { HandleEvent } from '#src/events/handle.js'
import { given } from './given.js'
import { user } from './people.js'

const reserved = (n: number): HandleEvent => ({ type: 'HandleReserved', data: { user: user(n) } })
const released = (n: number): HandleEvent => ({ type: 'HandleReleased', data: { user: user(n) } })
const taken = { code: 'already-exists', what: 'handle' } as const

describe('a handle', () => {
  it('is reserved by the first, who may ask again', () => {
    given(handleAggregate)
      .when(reserveHandle(user(1)))
      .then(reserved(1))
    given(handleAggregate, [reserved(1)])
      .when(reserveHandle(user(1)))
      .then()
    given(handleAggregate, [reserved(1)])
      .when(reserveHandle(user(2)))
      .thenRejected(taken)
    given(handleAggregate, [reserved(1), released(1)])
      .when(reserveHandle(user(2)))
      .then(reserved(2))
  })

  it('is taken over from the holder that was meant, and from no other', () => {
    const from = user(1)
    given(handleAggregate, [reserved(1)])
      .when(takeOverHandle({ user: user(2), from }))
      .then(released(1), reserved(2))
    given(handleAggregate, [reserved(3)])
      .when(takeOverHandle({ user: user(2), from }))
      .thenRejected(taken)
    given(handleAggregate)
      .when(takeOverHandle({ user: user(2), from }))
      .then(reserved(2))
  })

  it('is released by its holder alone', () => {
    given(handleAggregate, [reserved(1)])
      .when(releaseHandle(user(1)))
      .then(released(1))
    given(handleAggregate, [reserved(1)])
      .when(releaseHandle(user(2)))
      .then()
    given(handleAggregate)
      .when(releaseHandle(user(1)))
      .then()
  })

  it('is folded to lower case, and has 3 to 32 characters', () => {
    expect(foldHandle('Alice')).to.equal('alice')
    expect(foldHandle('a.b')).to.equal('a.b')
    expect(foldHandle('a'.repeat(32))).to.equal('a'.repeat(32))
    for (const bad of ['', 'ab', 'a'.repeat(33), '-ab', 'a b', 'a\n', 'abc\n', 'Kelvin\u212A']) {
      expect(foldHandle(bad), bad).to.equal(undefined)
    }
  })

  it('has another name under another key', () => {
    const [one, other] = [1, 2].map((n) => new Uint8Array(32).fill(n))
    expect(handleHash(one!, 'alice')).to.equal(handleHash(one!, 'alice'))
    expect(handleHash(one!, 'alice')).not.to.equal(handleHash(other!, 'alice'))
  })
})
