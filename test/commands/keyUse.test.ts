/** Which key is used: what the bundle has, by what the log names. */
import { expect } from 'chai'
import { missingOf, nextTurn, usesOf } from '#src/commands/server/keyUse.js'
import { rotationOf } from '#src/commands/server/rotation.js'
import { rotateKey, serverAggregate } from '#src/commands/server/server.js'
import type { Rotation } from '#src/events/server.js'
import { given } from './given.js'

const named = (key: string, from: number, until?: number): Rotation => ({
  kind: 'token',
  key,
  bundle: 'b',
  from,
  ...(until === undefined ? {} : { until }),
})
const statesAt = (rotations: readonly Rotation[], held: readonly string[], now: number): readonly string[] =>
  usesOf('token', rotations, held, now).map(({ key, state }) => `${key} ${state}`)

describe('keys in use', () => {
  it('is the first of the bundle where the log names none; others that are there are prepared', () => {
    expect(statesAt([], ['one', 'two'], 0)).to.deep.equal(['one current', 'two prepared'])
  })

  it('is the one that is named once its time has come; the one before counts until its end', () => {
    const rotations = [named('two', 100, 200)]
    const at = (now: number) => statesAt(rotations, ['one', 'two'], now)
    expect(at(99)).to.deep.equal(['one current', 'two next'])
    expect(at(100)).to.deep.equal(['one accepted', 'two current'])
    expect(at(199)).to.deep.equal(['one accepted', 'two current'])
    expect(at(200)).to.deep.equal(['one retired', 'two current'])
    expect([0, 100, 200].map((now) => nextTurn(rotations, now))).to.deep.equal([100, 200, Infinity])
  })

  it('counts for ever where no end was named, and ends with any end of those after it', () => {
    const rotations = [named('two', 100), named('three', 200, 250)]
    expect(statesAt(rotations, ['one', 'two', 'three'], 180)).to.deep.equal([
      'one accepted',
      'two current',
      'three next',
    ])
    expect(statesAt(rotations, ['one', 'two', 'three'], 250)).to.deep.equal([
      'one retired',
      'two retired',
      'three current',
    ])
  })

  it('is the one that was named last, whenever the one before it was to begin', () => {
    const rotations = [named('two', 500), named('three', 100)]
    expect(statesAt(rotations, ['one', 'two', 'three'], 600)).to.deep.equal([
      'one accepted',
      'two accepted',
      'three current',
    ])
  })

  it('is missing from a bundle that lacks what is named and not over; of intermediates only what signs', () => {
    const missing = (rotations: readonly Rotation[], now: number, kind: Rotation['kind'] = 'token') =>
      missingOf(
        kind,
        usesOf(
          kind,
          rotations.map((one) => ({ ...one, kind })),
          ['one'],
          now,
        ),
        ['one'],
      )
    const rotations = [named('two', 100, 200), named('three', 300, 400)]
    expect(missing(rotations, 0)).to.deep.equal(['two', 'three'])
    expect(missing(rotations, 350)).to.deep.equal(['two', 'three'])
    expect(missing(rotations, 400)).to.deep.equal(['three'])
    expect(missing(rotations, 350, 'intermediate')).to.deep.equal(['three'])
  })

  it('is told of another kind nothing', () => {
    expect(usesOf('push', [named('two', 0)], ['p'], 1)).to.deep.equal([{ key: 'p', state: 'current' }])
  })
})

describe('a rotation', () => {
  const times = { at: 1_000, noticeMs: 60_000, bearerTokenMs: 900_000 }
  const asked = { key: 'k', bundle: 'b' }

  it('begins once all have heard of it; the last token under the key before it is over a minute after it expired', () => {
    const token = rotationOf({ ...asked, kind: 'token' }, times)
    expect(token).to.deep.equal({ ...asked, kind: 'token', from: 61_000, until: 61_000 + 900_000 + 60_000 })
  })

  it('ends nothing of the other kinds', () => {
    for (const kind of ['sealing', 'intermediate', 'push'] as const)
      expect(rotationOf({ ...asked, kind }, times)).to.deep.equal({ ...asked, kind, from: 61_000 })
  })

  it('ends what was before it when it begins, where that is asked for', () => {
    for (const kind of ['token', 'sealing', 'intermediate', 'push'] as const)
      expect(rotationOf({ ...asked, kind, atOnce: true }, times)).to.deep.equal({
        ...asked,
        kind,
        from: 61_000,
        until: 61_000,
      })
  })
})

describe('naming a key', () => {
  const begun = { type: 'ServerInitialised', data: { domain: 'a', logId: 'l', keysFingerprint: 'f' } } as const
  const rotation = named('two', 100, 200)

  it('is a fact, once', () => {
    given(serverAggregate, [begun]).when(rotateKey(rotation)).then({ type: 'KeyRotated', data: rotation })
    given(serverAggregate, [begun, { type: 'KeyRotated', data: rotation }])
      .when(rotateKey({ ...rotation, from: 900 }))
      .then()
  })
})
