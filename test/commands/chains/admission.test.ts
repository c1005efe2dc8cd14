/** An invitation is one account, whenever a process dies and whoever asks at once: the chain over a log in memory. */
import { expect } from 'chai'
import { openMemoryEventStore } from '#src/adapters/memory/eventStore.js'
import { openMemorySnapshots } from '#src/adapters/memory/snapshots.js'
import { handleAggregate, reservationMs, reserveHandle } from '#src/commands/account/handleReservation.js'
import { invitationAggregate, makeInvitation } from '#src/commands/account/invitation.js'
import { userAggregate } from '#src/commands/account/user.js'
import { runRegistration } from '#src/commands/chains/registration.js'
import type { Registration } from '#src/commands/chains/registration.js'
import { handleStream } from '#src/events/handle.js'
import { userStream } from '#src/events/user.js'
import { accept } from '#src/streams/decider.js'
import { invitationStream } from '#src/events/invitation.js'
import type { EventStore } from '#src/ports/eventStore.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import { origin } from '#src/ports/position.js'
import { makeStreams } from '#src/streams/streams.js'
import { client, queue, registered, user } from '../people.js'

const hash = (letter: string): string => letter.repeat(43)
const start = 1_800_000_000_000
const expires = start + 10 * reservationMs

describe('a registration by invitation', () => {
  const world = async (by: 'operator' | 'user' = 'operator') => {
    const events = { ...openMemoryEventStore(), exclusive: false }
    /** Another process, as after a crash: it knows what the log has. */
    const process = (store: EventStore = events) =>
      makeStreams({
        events: store,
        snapshots: openMemorySnapshots(),
        cacheBytesMax: 1_000_000,
        pause: () => Promise.resolve(),
      })
    const issuer = registered(8)
    const born = { id: 'born', bodyHash: '', at: start }
    if (by === 'user') await process().execute(userAggregate, userStream(user(8)), born, () => accept(issuer))
    const made = makeInvitation({ by: by === 'user' ? { user: user(8) } : { token: 't'.repeat(16) }, expires })
    await process().execute(
      invitationAggregate,
      invitationStream(hash('i')),
      { id: 'm', bodyHash: '', at: start },
      made,
    )
    let runs = 0
    const register = (
      n: number,
      handle: string,
      more: { store?: EventStore; at?: number; prepare?: Registration['prepare'] } = {},
    ) => {
      const attempt = String(runs++).padStart(16, 'a')
      const { first, ...data } = registered(n).data
      const prepared = { ...data, handleHash: hash(handle), ...first, directQueue: queue(n) }
      return runRegistration(
        process(more.store),
        { id: `register ${n} ${handle}`, bodyHash: handle, at: more.at ?? start + 1 },
        {
          user: user(n),
          client: client(n),
          handleHash: hash(handle),
          keyHash: hash(String(n)),
          admission: { invitation: hash('i'), attempt },
          prepare: more.prepare ?? (() => Promise.resolve(prepared)),
        },
      )
    }
    /** The process dies before anything is written on streams of this kind. */
    const dyingAt = (kind: string): EventStore => ({
      ...events,
      append: (...asked: Parameters<EventStore['append']>) =>
        asked[0].startsWith(kind)
          ? Promise.reject(new StoreUnavailable('the process is gone'))
          : events.append(...asked),
    })
    const taken = (handle: string) =>
      process().execute(
        handleAggregate,
        handleStream(hash(handle)),
        { id: `take ${handle}`, bodyHash: '', at: start },
        reserveHandle(user(9)),
      )
    const registeredUsers = async (): Promise<number> =>
      (await events.readAll({ after: origin })).filter(
        ({ type, stream }) => type === 'UserRegistered' && stream !== userStream(user(8)),
      ).length
    return { register, dyingAt, taken, registeredUsers }
  }
  const died = async (work: Promise<unknown>): Promise<void> => {
    expect(await work.catch((error: unknown) => error)).to.be.instanceOf(StoreUnavailable)
  }
  const needed = { rejected: { code: 'invitation-needed' } }

  for (const kind of ['client-', 'handle-', 'key-', 'user-'])
    it(`is finished by the same proof after a crash before ${kind}…, and nobody else comes meanwhile`, async () => {
      const { register, dyingAt, registeredUsers } = await world()
      await died(register(1, 'a', { store: dyingAt(kind) }))
      expect(await register(2, 'b')).to.deep.equal(needed)
      expect(await register(1, 'a', { at: expires })).to.have.nested.property('state.status', 'active')
      expect(await register(2, 'b')).to.deep.equal(needed)
      expect(await registeredUsers()).to.equal(1)
    })

  for (const by of ['operator', 'user'] as const)
    it(`that never comes back leaves the invitation of the ${by} to the next one, when its time is over`, async () => {
      const { register, dyingAt, registeredUsers } = await world(by)
      await died(register(1, 'a', { store: dyingAt('user-') }))
      expect(await register(2, 'b', { at: start + reservationMs })).to.deep.equal(needed)
      expect(await register(2, 'b', { at: start + 1 + reservationMs })).to.have.nested.property(
        'state.status',
        'active',
      )
      expect(await register(1, 'a', { at: start + 2 + reservationMs })).to.have.nested.property(
        'rejected.code',
        'already-exists',
      )
      expect(await registeredUsers()).to.equal(1)
    })

  it('wins or loses it whole when the late one and the next come at once', async () => {
    const { register, dyingAt, registeredUsers } = await world()
    await died(register(1, 'a', { store: dyingAt('user-') }))
    const at = start + 1 + reservationMs
    await Promise.all([register(1, 'a', { at }), register(2, 'b', { at }), register(3, 'c', { at })])
    expect(await registeredUsers()).to.equal(1)
  })

  it('does not free its invitation by another run of itself that is refused', async () => {
    const { register, taken, registeredUsers } = await world()
    await taken('b')
    const { first: one, ...data } = registered(1).data
    let meanwhile: unknown
    const prepare = async () => {
      // The same user and key ask for a handle that is not to be had, and another shows the invitation then.
      meanwhile = [await register(1, 'b'), await register(3, 'c')]
      return { ...data, handleHash: hash('a'), ...one, directQueue: queue(1) }
    }
    expect(await register(1, 'a', { prepare })).to.have.nested.property('state.status', 'active')
    expect(meanwhile).to.deep.equal([{ rejected: { code: 'already-exists', what: 'handle' } }, needed])
    expect(await register(3, 'c')).to.deep.equal(needed)
    expect(await registeredUsers()).to.equal(1)
  })

  it('that is refused gives it back, and the next one comes by it', async () => {
    const { register, taken, registeredUsers } = await world()
    await taken('b')
    expect(await register(1, 'b')).to.deep.equal({ rejected: { code: 'already-exists', what: 'handle' } })
    expect(await register(2, 'a')).to.have.nested.property('state.status', 'active')
    expect(await registeredUsers()).to.equal(1)
  })
})
