/** An asset from its reservation to its end, and digests that are taken down: one sentence per rule and refusal. */
import { expect } from 'chai'
import { assetAggregate } from '#src/commands/asset/asset.js'
import { deleteAsset, deleteWithUser, expireAsset, takeDownAsset } from '#src/commands/asset/ending.js'
import { renewAsset } from '#src/commands/asset/renewal.js'
import { reserveAsset } from '#src/commands/asset/reservation.js'
import type { ReserveAsset } from '#src/commands/asset/reservation.js'
import { storeAsset, uploadedBy } from '#src/commands/asset/storage.js'
import type { StoreAsset } from '#src/commands/asset/storage.js'
import { digestAggregate, liftTakedown, takeDownDigest } from '#src/commands/asset/takedown.js'
import type { AssetEvent } from '#src/events/asset.js'
import { limitDefaults } from '#src/limits/limits.js'
import { given, start } from './given.js'
import { asset, client, user } from './people.js'

const limits = limitDefaults
const digest = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'
const other = 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg'
const said = { class: 'message', size: 1_000, digest, capabilityHash: other } as const
const day = 24 * 60 * 60 * 1_000

const reservation = (changed: Partial<ReserveAsset> = {}): ReserveAsset => ({
  by: { user: user(1), client: client(1) },
  asset: asset(1),
  ...said,
  at: start,
  holding: { bytes: 0, unfinished: 0 },
  isTakenDown: false,
  limits,
  ...changed,
})
const reserved = (changed: Partial<Extract<AssetEvent, { type: 'AssetReserved' }>['data']> = {}): AssetEvent => ({
  type: 'AssetReserved',
  data: { asset: asset(1), owner: user(1), client: client(1), ...said, expires: start + day, ...changed },
})
const stored = (expires = start + 30 * day): AssetEvent => ({
  type: 'AssetStored',
  data: { asset: asset(1), digest, size: 1_000, expires },
})
const deleted: AssetEvent = { type: 'AssetDeleted', data: { asset: asset(1), reason: 'requested' } }
const storing = (changed: Partial<StoreAsset> = {}): StoreAsset => ({
  digest,
  size: 1_000,
  isTakenDown: false,
  at: start,
  limits,
  ...changed,
})
const past = (...events: readonly AssetEvent[]) => given(assetAggregate, events)

describe('reserving an asset', () => {
  it('says what will come, and until when', () => {
    past().when(reserveAsset(reservation())).then(reserved())
  })

  it('happens once', () => {
    past(reserved()).when(reserveAsset(reservation())).thenRejected({ code: 'already-exists', what: 'asset' })
    past(reserved(), deleted).when(reserveAsset(reservation())).thenRejected({ code: 'already-exists', what: 'asset' })
  })

  it('refuses one that is too large, and takes the largest', () => {
    const max = limits.assetBytesMax
    past()
      .when(reserveAsset(reservation({ size: max + 1 })))
      .thenRejected({ code: 'too-large', max, actual: max + 1 })
    past()
      .when(reserveAsset(reservation({ size: max })))
      .then(reserved({ size: max }))
  })

  it('refuses what goes beyond the quota of the user, to the byte', () => {
    const max = limits.assetBytesPerUserMax
    const holding = { bytes: max - 999, unfinished: 0 }
    past()
      .when(reserveAsset(reservation({ holding })))
      .thenRejected({ code: 'quota-exceeded', used: max - 999, max })
    past()
      .when(reserveAsset(reservation({ holding: { bytes: max - 1_000, unfinished: 0 } })))
      .then(reserved())
  })

  it('refuses more that are not finished than a user may have', () => {
    const max = limits.assetsUnfinishedPerUserMax
    past()
      .when(reserveAsset(reservation({ holding: { bytes: 0, unfinished: max } })))
      .thenRejected({ code: 'limit-reached', limit: 'assetsUnfinishedPerUserMax', max })
    past()
      .when(reserveAsset(reservation({ holding: { bytes: 0, unfinished: max - 1 } })))
      .then(reserved())
  })

  it('refuses a digest that was taken down before a byte of it comes', () => {
    past()
      .when(reserveAsset(reservation({ isTakenDown: true })))
      .thenRejected({ code: 'not-allowed', capability: 'upload what was taken down' })
  })
})

describe('storing an asset', () => {
  it('begins its time: 30 days of a message’s, 180 of what is kept', () => {
    past(reserved()).when(storeAsset(storing())).then(stored())
    past(reserved({ class: 'keep' }))
      .when(storeAsset(storing()))
      .then(stored(start + 180 * day))
  })

  it('refuses other bytes than were said', () => {
    past(reserved())
      .when(storeAsset(storing({ digest: other })))
      .thenRejected({ code: 'digest-mismatch', expected: digest })
    past(reserved())
      .when(storeAsset(storing({ size: 999 })))
      .thenRejected({ code: 'digest-mismatch', expected: digest })
  })

  it('refuses a digest that was taken down meanwhile', () => {
    past(reserved())
      .when(storeAsset(storing({ isTakenDown: true })))
      .thenRejected({ code: 'not-allowed', capability: 'upload what was taken down' })
  })

  it('has one effect', () => {
    past(reserved(), stored())
      .when(storeAsset(storing({ at: start + day })))
      .then()
  })

  it('is nothing to do of what was never reserved, or is over', () => {
    past().when(storeAsset(storing())).thenRejected({ code: 'no-such-asset' })
    past(reserved(), deleted).when(storeAsset(storing())).thenRejected({ code: 'no-such-asset' })
  })

  it('is for the client that reserved it alone', () => {
    const { state } = past(reserved())
    expect(uploadedBy(state, client(1))).to.equal(state)
    expect(uploadedBy(state, client(2))).to.deep.equal({ rejected: { code: 'no-such-asset' } })
    expect(uploadedBy(past(reserved(), deleted).state, client(1))).to.have.property('rejected')
  })
})

describe('renewing an asset', () => {
  const kept = [reserved({ class: 'keep' }), stored(start + 180 * day)] as const
  const renewal = (at: number, by = user(1)) => renewAsset({ by, at, limits })

  it('keeps it for its whole time again', () => {
    const expires = start + 190 * day
    past(...kept)
      .when(renewal(start + 10 * day))
      .then({ type: 'AssetRenewed', data: { asset: asset(1), expires } })
  })

  it('writes nothing when it adds less than a day', () => {
    past(...kept)
      .when(renewal(start + day - 1))
      .then()
  })

  it('is for its owner alone, and for what is stored', () => {
    past(...kept)
      .when(renewal(start + 10 * day, user(2)))
      .thenRejected({ code: 'no-such-asset' })
    past(reserved({ class: 'keep' }))
      .when(renewal(start))
      .thenRejected({ code: 'no-such-asset' })
    past(...kept, deleted)
      .when(renewal(start))
      .thenRejected({ code: 'no-such-asset' })
  })

  it('is not for what goes with its message', () => {
    past(reserved(), stored())
      .when(renewal(start + 10 * day))
      .thenRejected({ code: 'not-allowed', capability: 'renew an asset of class message' })
  })
})

describe('the end of an asset', () => {
  it('comes by its owner’s wish, once', () => {
    past(reserved())
      .when(deleteAsset(user(1)))
      .then(deleted)
    past(reserved(), stored())
      .when(deleteAsset(user(1)))
      .then(deleted)
    past(reserved(), deleted)
      .when(deleteAsset(user(1)))
      .then()
  })

  it('comes by nobody else’s, who does not even hear that it was there', () => {
    for (const events of [[], [reserved()], [reserved(), stored()], [reserved(), deleted]]) {
      past(...events)
        .when(deleteAsset(user(2)))
        .thenRejected({ code: 'no-such-asset' })
    }
  })

  it('comes with its user', () => {
    past(reserved())
      .when(deleteWithUser(user(1)))
      .then({ type: 'AssetDeleted', data: { asset: asset(1), reason: 'userDeleted' } })
    past(reserved())
      .when(deleteWithUser(user(2)))
      .then()
    past(reserved(), deleted)
      .when(deleteWithUser(user(1)))
      .then()
  })

  it('comes when its time is over, not before, and not when it was stored or renewed meanwhile', () => {
    const expired: AssetEvent = { type: 'AssetExpired', data: { asset: asset(1) } }
    past(reserved())
      .when(expireAsset(start + day))
      .then(expired)
    past(reserved())
      .when(expireAsset(start + day - 1))
      .then()
    past(reserved(), stored())
      .when(expireAsset(start + day))
      .then()
    past(reserved(), stored())
      .when(expireAsset(start + 30 * day))
      .then(expired)
    const renewed: AssetEvent = { type: 'AssetRenewed', data: { asset: asset(1), expires: start + 200 * day } }
    past(reserved({ class: 'keep' }), stored(), renewed)
      .when(expireAsset(start + 180 * day))
      .then()
    past(reserved(), expired)
      .when(expireAsset(start + 40 * day))
      .then()
  })

  it('comes with its digest', () => {
    past(reserved(), stored())
      .when(takeDownAsset(digest))
      .then({ type: 'AssetTakenDown', data: { asset: asset(1), cause: 'digest' } })
    past(reserved(), stored()).when(takeDownAsset(other)).then()
    past(reserved(), deleted).when(takeDownAsset(digest)).then()
  })
})

describe('taking down a digest', () => {
  const [taken, lifted] = [
    (act: number) => ({ type: 'DigestTakenDown', data: { digest, act } }) as const,
    (act: number) => ({ type: 'DigestTakedownLifted', data: { digest, act } }) as const,
  ]
  it('is on record, and holds until it is lifted', () => {
    given(digestAggregate)
      .when(takeDownDigest({ digest, act: 3 }))
      .then(taken(3))
    expect(given(digestAggregate, [taken(3)]).state.takenDown).to.equal(true)
    given(digestAggregate, [taken(3)])
      .when(liftTakedown({ digest, act: 4 }))
      .then(lifted(4))
    expect(given(digestAggregate, [taken(3), lifted(4)]).state.takenDown).to.equal(false)
  })

  it('is done by the latest act, in whichever order they come', () => {
    for (const act of [3, 4]) {
      given(digestAggregate, [lifted(4)])
        .when(takeDownDigest({ digest, act }))
        .then()
      given(digestAggregate, [taken(4)])
        .when(liftTakedown({ digest, act }))
        .then()
    }
    given(digestAggregate, [taken(4)])
      .when(takeDownDigest({ digest, act: 5 }))
      .then(taken(5))
  })
})
