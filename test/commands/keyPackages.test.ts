import { expect } from 'chai'
import {
  claimKeyPackage,
  closeStock,
  deleteKeyPackages,
  keyPackagesAggregate,
  publishKeyPackages,
  stockOf,
} from '#src/commands/keyPackages/keyPackages.js'
import type { PublishKeyPackages } from '#src/commands/keyPackages/keyPackages.js'
import type { KeyPackagesEvent, StoredKeyPackage } from '#src/events/keyPackages.js'
import { given, start } from './given.js'
import { client, user } from './people.js'

const day = 24 * 60 * 60 * 1000
const kept = (ref: string, more: Partial<StoredKeyPackage> = {}): StoredKeyPackage => ({
  ref,
  suite: 1,
  keyPackage: `package${ref}`,
  lastResort: false,
  notBefore: start - day,
  notAfter: start + 30 * day,
  ...more,
})
const last = (ref: string, more: Partial<StoredKeyPackage> = {}): StoredKeyPackage =>
  kept(ref, { lastResort: true, ...more })

const published = (packages: StoredKeyPackage[], replacedRefs: string[] = []): KeyPackagesEvent => ({
  type: 'KeyPackagesPublished',
  data: { client: client(1), user: user(1), packages, replacedRefs },
})
const claimed = (one: StoredKeyPackage, remaining: number): KeyPackagesEvent => {
  const { ref, suite, keyPackage, lastResort } = one
  return {
    type: 'KeyPackageClaimed',
    data: { client: client(1), ref, suite, keyPackage, lastResort, by: user(2), remaining },
  }
}
const deleted = (...refs: string[]): KeyPackagesEvent => ({
  type: 'KeyPackagesDeleted',
  data: { client: client(1), refs },
})
const closed: KeyPackagesEvent = { type: 'StockClosed', data: { client: client(1) } }

const limits = { keyPackagesPerUploadMax: 3, keyPackagesPerClientMax: 5, uploadBytesMax: 100 }
const publish = (
  past: readonly KeyPackagesEvent[],
  packages: readonly StoredKeyPackage[],
  more: Partial<PublishKeyPackages> = {},
) =>
  given(keyPackagesAggregate, past).when(
    publishKeyPackages({
      client: client(1),
      user: user(1),
      packages,
      replace: false,
      at: start,
      limits,
      ...more,
    }),
  )
const invalid = (reason: string) => ({ code: 'invalid-key-package', reason }) as const

describe('publishing KeyPackages', () => {
  it('never leaves a ciphersuite without a last resort', () => {
    publish([], [kept('a')]).thenRejected(invalid('lastResortMissing'))
    publish([], [kept('a'), last('z')]).then(published([kept('a'), last('z')]))
    publish([published([last('z')])], [kept('a')]).then(published([kept('a')]))
    publish([published([last('z')])], [kept('a', { suite: 2 })]).thenRejected(invalid('lastResortMissing'))
    publish([published([last('z')])], [kept('a'), kept('b')], { replace: true }).thenRejected(
      invalid('lastResortMissing'),
    )
  })

  it('asks for another last resort when the old one has expired', () => {
    const past = [published([last('z', { notAfter: start + day })])]
    publish(past, [kept('a')], { at: start + day }).thenRejected(invalid('lastResortMissing'))
    publish(past, [kept('a'), last('y')], { at: start + day }).then(published([kept('a'), last('y')], ['z']))
  })

  it('puts a new last resort in the place of the old one, and takes one at a time', () => {
    publish([published([kept('a'), last('z')])], [last('y')]).then(published([last('y')], ['z']))
    publish([], [last('y'), last('z')]).thenRejected(invalid('lastResortTwice'))
  })

  it('replaces the stock of the ciphersuites in the upload, and no other', () => {
    const past = [published([kept('a'), last('z'), last('p', { suite: 2 })])]
    publish(past, [last('y')], { replace: true }).then(published([last('y')], ['a', 'z']))
  })

  it('forgets none on the word of our clock alone', () => {
    const past = [published([kept('a'), last('z')])]
    const atLater = published([kept('b')])
    const state = [...past, atLater].reduce(
      (folded, event, revision) =>
        keyPackagesAggregate.evolve(folded, event, { revision, at: start + revision * 365 * day }),
      keyPackagesAggregate.initial,
    )
    expect(state.packages.map(({ ref }) => ref)).to.deep.equal(['a', 'z', 'b'])
  })

  it('takes no reference twice, not even one that was handed out or deleted', () => {
    const again = publish([], [kept('a'), kept('a'), last('z')])
    again.thenRejected(invalid('duplicate'))
    const past = [published([kept('a'), kept('b'), last('z')])]
    publish([...past, claimed(kept('a'), 1)], [kept('a')]).thenRejected(invalid('duplicate'))
    publish([...past, deleted('b')], [kept('b')]).thenRejected(invalid('duplicate'))
    publish(past, [last('z')]).thenRejected(invalid('duplicate'))
  })

  it('keeps to the limits of an upload and of a client, to the last one', () => {
    const many = [kept('a'), kept('b'), kept('c')]
    publish([published([last('z')])], many).then(published(many))
    publish([published([last('z')])], [...many, kept('d')]).thenRejected({
      code: 'limit-reached',
      limit: 'keyPackagesPerUploadMax',
      max: 3,
    })
    publish([published([last('z')]), published(many)], [kept('d'), kept('e')]).thenRejected({
      code: 'limit-reached',
      limit: 'keyPackagesPerClientMax',
      max: 5,
    })
    const bytes = [last('a', { keyPackage: 'A'.repeat(60) }), kept('b', { keyPackage: 'A'.repeat(40) })]
    publish([], bytes).then(published(bytes))
    publish([], [...bytes, kept('c', { keyPackage: 'A' })]).thenRejected({ code: 'too-large', max: 100, actual: 101 })
  })

  it('forgets what has expired, and counts it no more', () => {
    const past = [published([kept('a', { notAfter: start + day }), kept('b', { notAfter: start + day }), last('z')])]
    const state = given(keyPackagesAggregate, past).state
    const later = keyPackagesAggregate.evolve(state, published([kept('c')]), { revision: 1, at: start + day })
    expect(later.packages.map(({ ref }) => ref)).to.deep.equal(['z', 'c'])
    expect([...later.seen.keys()]).to.deep.equal(['z', 'c'])
    const many = [kept('d'), kept('e'), kept('f')]
    publish(past, many, { at: start + day }).then(published(many))
  })

  it('is over once the stock is closed', () => {
    publish([closed], [last('z')]).thenRejected({ code: 'no-such-client' })
  })
})

describe('claiming a KeyPackage', () => {
  const claim = (past: readonly KeyPackagesEvent[], { suite = 1, at = start } = {}) =>
    given(keyPackagesAggregate, past).when(claimKeyPackage({ client: client(1), suite, by: user(2), at }))
  const stock = published([last('z'), kept('a'), kept('b')])

  it('hands out the oldest, each once, and then the last resort again and again', () => {
    claim([stock]).then(claimed(kept('a'), 1))
    claim([stock, claimed(kept('a'), 1)]).then(claimed(kept('b'), 0))
    const empty = [stock, claimed(kept('a'), 1), claimed(kept('b'), 0)]
    claim(empty).then(claimed(last('z'), 0))
    claim([...empty, claimed(last('z'), 0)]).then(claimed(last('z'), 0))
  })

  it('passes over what has expired, is not valid yet, or is of another ciphersuite', () => {
    const mixed = published([
      kept('a', { notAfter: start + day }),
      kept('b', { notBefore: start + 2 * day }),
      kept('c', { suite: 2 }),
      kept('d'),
      last('z'),
      last('y', { suite: 2 }),
    ])
    claim([mixed], { at: start + day }).then(claimed(kept('d'), 0))
    claim([mixed], { suite: 2 }).then(claimed(kept('c', { suite: 2 }), 0))
  })

  it('gives a request of another server the same again, until that expires, and another request another', () => {
    const short = { notAfter: start + 20 * day }
    const stocked = published([last('z'), kept('a', short), kept('b')])
    const ask = (past: readonly KeyPackagesEvent[], asked: string, { suite = 1, at = start } = {}) =>
      given(keyPackagesAggregate, past).when(claimKeyPackage({ client: client(1), suite, by: user(2), at, asked }))
    const givenTo = (asked: string, one: StoredKeyPackage, remaining: number): KeyPackagesEvent => {
      const event = claimed(one, remaining)
      return event.type === 'KeyPackageClaimed' ? { ...event, data: { ...event.data, asked } } : event
    }
    const first = givenTo('first', kept('a', short), 1)
    ask([stocked], 'first').then(first)
    ask([stocked, first], 'first', { at: start + 19 * day }).then()
    ask([stocked, first], 'first', { at: start + 20 * day }).then(givenTo('first', kept('b'), 0))
    ask([stocked, first], 'second').then(givenTo('second', kept('b'), 0))
    const all = [stocked, first, givenTo('second', kept('b'), 0), givenTo('third', last('z'), 0)]
    ask(all, 'third').then()
    const replaced: KeyPackagesEvent = {
      type: 'KeyPackagesPublished',
      data: { client: client(1), user: user(1), packages: [last('y')], replacedRefs: ['z'] },
    }
    ask([...all, replaced], 'third').then(givenTo('third', last('y'), 0))
  })

  it('finds nothing where nothing is left', () => {
    claim([]).thenRejected({ code: 'key-material-exhausted' })
    claim([stock], { suite: 7 }).thenRejected({ code: 'key-material-exhausted' })
    claim([stock], { at: start + 30 * day }).thenRejected({ code: 'key-material-exhausted' })
    claim([stock, closed]).thenRejected({ code: 'no-such-client' })
  })
})

describe('a stock of KeyPackages', () => {
  const remove = (past: readonly KeyPackagesEvent[], ...refs: string[]) =>
    given(keyPackagesAggregate, past).when(deleteKeyPackages({ client: client(1), refs, at: start }))
  const stock = published([last('z'), kept('a'), kept('b'), kept('p', { suite: 2 }), last('q', { suite: 2 })])

  it('gives back what is in it', () => {
    remove([stock], 'b', 'a', 'nothing').then(deleted('a', 'b'))
    remove([stock], 'nothing').then()
    remove([stock], 'p', 'q').then(deleted('p', 'q'))
  })

  it('keeps a last resort', () => {
    remove([stock], 'z').thenRejected(invalid('lastResortMissing'))
    remove([stock], 'z', 'a', 'b', 'p', 'q').thenRejected(invalid('lastResortMissing'))
    remove([stock, closed], 'a').thenRejected({ code: 'no-such-client' })
  })

  it('is counted by ciphersuite, without the last resort and what has expired', () => {
    const { state } = given(keyPackagesAggregate, [stock, claimed(kept('a'), 1)])
    expect(stockOf(state, start)).to.deep.equal([
      { cipherSuite: 1, count: 1, lastResort: true },
      { cipherSuite: 2, count: 1, lastResort: true },
    ])
    expect(stockOf(state, start + 30 * day)).to.deep.equal([])
  })

  it('is closed once', () => {
    given(keyPackagesAggregate, [stock])
      .when(closeStock(client(1)))
      .then(closed)
    given(keyPackagesAggregate, [closed])
      .when(closeStock(client(1)))
      .then()
  })

  it('reads from a snapshot as it was written', () => {
    const { state } = given(keyPackagesAggregate, [stock, claimed(kept('a'), 1), deleted('b')])
    const { snapshot } = keyPackagesAggregate
    expect(snapshot?.read(snapshot.write(state))).to.deep.equal(state)
  })
})
