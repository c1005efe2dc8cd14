import { expect } from 'chai'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { derivedId } from '#src/streams/commandId.js'
import { makeStreams } from '#src/streams/streams.js'
import type { Streams } from '#src/streams/streams.js'
import { claimedIn, claimOfClient } from '#src/commands/chains/claimOfClient.js'
import { claimsOfUser } from '#src/commands/chains/claimsOfUser.js'
import { keyPackagesAggregate, publishKeyPackages } from '#src/commands/keyPackages/keyPackages.js'
import { addClient, registerUser, userAggregate } from '#src/commands/account/user.js'
import { contactsStream } from '#src/events/contacts.js'
import { keyPackagesStream } from '#src/events/keyPackages.js'
import { userStream } from '#src/events/user.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import type { EventStore } from '#src/ports/eventStore.js'
import { seeded } from '../../ports/seeded.js'
import { start } from '../given.js'
import { client, queue, registered, user, vouchedKey } from '../people.js'

/** A store that loses some answers: of what it wrote, or of what it did not. */
const losing = (events: EventStore, lost: () => 'before' | 'after' | 'no'): EventStore => ({
  ...events,
  append: async (...appending) => {
    const how = lost()
    if (how === 'before') throw new StoreUnavailable('lost on the way')
    const appended = await events.append(...appending)
    if (how === 'after') throw new StoreUnavailable('the answer was lost')
    return appended
  },
})

/** A process of its own: nothing is cached from another one's. */
const streamsOn = (events: EventStore): Streams =>
  makeStreams({ events, snapshots: openMemorySnapshots(), cacheBytesMax: 1_000_000, pause: () => Promise.resolve() })

const context = (id: string) => ({ id, bodyHash: '', at: start })
const limits = { keyPackagesPerUploadMax: 500, keyPackagesPerClientMax: 500, uploadBytesMax: 1_000_000 }
const packages = (owner: number, count: number) =>
  Array.from({ length: count + 1 }, (_, n) => ({
    ref: `${owner}-${n}`,
    suite: 1,
    keyPackage: `package${owner}-${n}`,
    lastResort: n === count,
    notBefore: 0,
    notAfter: start * 2,
  }))

/** User 1 with clients 1 to `clients`, each with `count` KeyPackages and a last resort. */
const furnish = async (events: EventStore, clients: number, count: number): Promise<void> => {
  const streams = streamsOn(events)
  const { first, ...data } = registered(1).data
  const stream = userStream(user(1))
  await streams.execute(userAggregate, stream, context('u'), registerUser({ ...data, ...first }))
  for (let n = 1; n <= clients; n++) {
    const approval = { by: client(1), signatureKey: 'key1', jws: '' }
    const adding = { client: client(n), directQueue: queue(n), key: vouchedKey(n), approval, clientsPerUserMax: 10 }
    if (n > 1) await streams.execute(userAggregate, stream, context(`c${n}`), addClient(adding))
    const publishing = { client: client(n), user: user(1), packages: packages(n, count), replace: false, at: start }
    await streams.execute(
      keyPackagesAggregate,
      keyPackagesStream(client(n)),
      context(`p${n}`),
      publishKeyPackages({ ...publishing, limits }),
    )
  }
}

/** Asks again, as a client does, until there is an answer. */
const persist = async <T>(ask: () => Promise<T>): Promise<T> => {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
    }
  }
}

describe('claims of KeyPackages', () => {
  it('hand none out twice to 200 who claim at once through two processes that lose their answers', async () => {
    const random = seeded(1)
    const events = openMemoryEventStore()
    await furnish(events, 1, 150)
    const shared = {
      ...losing(events, () => random.pick(['before', 'after', 'no', 'no', 'no', 'no'])),
      exclusive: false,
    }
    const processes = [streamsOn(shared), streamsOn(shared)]
    const claim = { target: user(1), client: client(1), suite: 1, by: user(2) }
    const claims = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        persist(() => claimOfClient(random.pick(processes), context(`claim${n}`), claim)),
      ),
    )
    const handedOut = claims.map((outcome) => {
      if ('rejected' in outcome) throw new Error(outcome.rejected.code)
      return claimedIn(outcome)
    })
    const single = handedOut.filter(({ lastResort }) => !lastResort).map(({ ref }) => ref)
    expect(single).to.have.length(150)
    expect(new Set(single).size).to.equal(150)
    expect(handedOut.filter(({ lastResort }) => lastResort)).to.have.length(50)
  })

  it('of all clients are finished by asking again, wherever they stopped, with one effect', async () => {
    for (let stopAt = 0; stopAt < 6; stopAt++) {
      const events = openMemoryEventStore()
      await furnish(events, 3, 2)
      let appends = 0
      const stopping = losing(events, () =>
        appends++ === Math.floor(stopAt / 2) ? (stopAt % 2 === 1 ? 'after' : 'before') : 'no',
      )
      const claim = { target: user(1), suite: 1, by: user(2), byClient: client(9) }
      const first = await claimsOfUser(streamsOn(stopping), context('claim'), claim).catch((error: unknown) => error)
      expect(first).to.be.instanceOf(StoreUnavailable)
      const again = await claimsOfUser(streamsOn(events), context('claim'), claim)
      if ('rejected' in again) throw new Error(again.rejected.code)
      expect(again.claimed.map(({ ref }) => ref)).to.deep.equal(['1-0', '2-0', '3-0'])
      expect(await claimsOfUser(streamsOn(events), context('claim'), claim)).to.deep.equal({ ...again, repeated: true })
      const other = await claimsOfUser(streamsOn(events), context(derivedId('another', 'claim')), claim)
      expect(other).to.have.nested.property('claimed[0].ref', '1-1')
    }
  })

  it('read each stream that they ask about once', async () => {
    const events = openMemoryEventStore()
    await furnish(events, 2, 1)
    const read: string[] = []
    const streams = streamsOn(events)
    const counting: Streams = {
      ...streams,
      read: (aggregate, stream) => {
        read.push(stream)
        return streams.read(aggregate, stream)
      },
    }
    const asked = [userStream(user(1)), contactsStream(user(1))]
    await claimsOfUser(counting, context('all'), { target: user(1), suite: 1, by: user(2), byClient: client(9) })
    expect(read.splice(0)).to.deep.equal(asked)
    await claimOfClient(counting, context('one'), { target: user(1), client: client(1), suite: 1, by: user(2) })
    expect(read).to.deep.equal(asked)
  })
})
