/** What a queue shows, case by case (docs/rules.md): memberships, Welcomes, notices, gaps, acknowledgements, expiry. */
import { expect } from 'chai'
import { acknowledgementsStream } from '#src/events/acknowledgements.js'
import { contactsStream } from '#src/events/contacts.js'
import { groupStream } from '#src/events/group.js'
import { keyPackagesStream } from '#src/events/keyPackages.js'
import { messagesStream } from '#src/events/messages.js'
import { queueStream } from '#src/events/queue.js'
import { userStream } from '#src/events/user.js'
import type { GroupId, QueueId } from '#src/mls/wire/ids.js'
import type { Position } from '#src/ports/position.js'
import { before, forever } from '#src/items/membership.js'
import { frameCache } from '#src/projections/queues/frameCache.js'
import { queueView } from '#src/projections/queues/view.js'
import { limitDefaults } from '#src/limits/limits.js'
import { clientNumber, groupNumber, leaf, logId, makeWorld, occupant, queueNumber, userNumber } from './world.js'
import type { World } from './world.js'

const [ana, ben, eve] = [queueNumber(1), queueNumber(2), queueNumber(3)]
const group = groupNumber(1)
const added = (leafIndex: number, queue: QueueId) => ({ ...leaf(leafIndex, queue), keyPackageRef: `ref${leafIndex}` })
const key = (signatureKey: string) => ({
  algorithm: 'Ed25519' as const,
  signatureKey,
  certificate: 'AAAA',
  issuer: 'AAAA',
  serial: signatureKey,
  notAfter: 0,
})

describe('what a queue shows', () => {
  let world: World
  const begin = async (options: Parameters<typeof makeWorld>[0] = {}): Promise<void> => {
    world = await makeWorld(options)
    for (const queue of [ana, ben, eve]) await world.createQueue(queue)
    await world.createGroup(group, ana)
  }
  const shown = async (queue: QueueId, options: Parameters<World['shown']>[1] = {}): Promise<readonly string[]> => {
    while ((await world.project()) > 0);
    const whole = await world.shown(queue, options)
    expect(await world.shown(queue, { ...options, limit: 1 }), 'in pages of one').to.deep.equal(whole)
    return whole
  }
  /** Where the queue is a member now. */
  const seatsOf = async (queue: QueueId): Promise<readonly object[]> => {
    const lasting = await world.view.memberships(queue, before(forever))
    return lasting.map(({ group, leaf }) => ({ group, leaf }))
  }
  beforeEach(() => begin())

  const addBen = (epoch = 1): Promise<Position> => world.commit(group, epoch, { added: [added(1, ben)] })
  const acknowledge = (queue: QueueId, position: Position, at?: number): Promise<Position> =>
    world.append(
      acknowledgementsStream('p'),
      { type: 'QueuesAcknowledged', data: { queues: { [queue]: position } } },
      at === undefined ? {} : { at },
    )

  it('is one’s own messages and Commits too', async () => {
    await addBen()
    await world.message(group, 1, 'hello')
    expect(await shown(ana)).to.deep.equal(['commit 1', 'hello'])
  })

  it('begins, for a joiner by Welcome, with the Welcome and then what came after its Commit', async () => {
    await world.message(group, 0, 'before')
    await addBen()
    await world.message(group, 1, 'after')
    expect(await shown(ben)).to.deep.equal(['welcome ref1', 'after'])
    expect(await shown(eve)).to.deep.equal([])
  })

  it('names in a Welcome only the KeyPackages of that queue', async () => {
    await world.commit(group, 1, { added: [added(1, ben), added(2, eve), added(3, ben)] })
    expect(await shown(ben)).to.deep.equal(['welcome ref1+ref3'])
    expect(await shown(eve)).to.deep.equal(['welcome ref2'])
    expect(await world.view.hasWelcome(ben, 'd'.repeat(43))).to.equal(true)
    expect(await world.view.hasWelcome(ana, 'd'.repeat(43))).to.equal(false)
  })

  it('includes, for an external joiner, its own Commit', async () => {
    await world.message(group, 0, 'before')
    await world.commit(group, 1, { external: true, committer: occupant(1), added: [leaf(1, ben)] })
    expect(await shown(ben)).to.deep.equal(['commit 1'])
  })

  it('leaves out late messages of epochs before one joined', async () => {
    await addBen()
    await world.message(group, 0, 'late')
    await world.message(group, 1, 'new')
    expect(await shown(ben)).to.deep.equal(['welcome ref1', 'new'])
    expect(await shown(ana)).to.deep.equal(['commit 1', 'late', 'new'])
  })

  it('ends with the Commit that removes one, included', async () => {
    await addBen()
    await world.commit(group, 2, { removed: [occupant(1)] })
    await world.message(group, 2, 'without ben')
    expect(await shown(ben)).to.deep.equal(['welcome ref1', 'commit 2'])
  })

  it('ends at once with a required removal, excluded', async () => {
    await addBen()
    await world.append(groupStream(group), {
      type: 'RemovalRequired',
      data: { group, leaves: [occupant(1)], reason: 'selfRemoval' },
    })
    await world.message(group, 1, 'without ben')
    await world.commit(group, 2, { removed: [occupant(1)] })
    expect(await shown(ben)).to.deep.equal(['welcome ref1'])
    expect(await shown(ana)).to.deep.equal(['commit 1', 'notice removalRequired', 'without ben', 'commit 2'])
  })

  it('goes on when one comes back, with nothing of the time between', async () => {
    await addBen()
    await world.commit(group, 2, { removed: [occupant(1)] })
    await world.message(group, 2, 'between')
    await addBen(3)
    await world.message(group, 3, 'again')
    expect(await shown(ben)).to.deep.equal(['welcome ref1', 'commit 2', 'welcome ref1', 'again'])
  })

  it('moves with a member that changes its queue, losing nothing', async () => {
    await addBen()
    await world.commit(group, 2, { updated: [leaf(1, eve)] })
    await world.message(group, 1, 'late')
    expect(await shown(ben)).to.deep.equal(['welcome ref1', 'commit 2'])
    expect(await shown(eve)).to.deep.equal(['late'])
    expect(await seatsOf(eve)).to.deep.equal([{ group, leaf: 1 }])
    expect(await seatsOf(ben)).to.deep.equal([])
  })

  it('shows an item once to a queue that is in a group twice', async () => {
    await addBen()
    await world.commit(group, 2, { added: [added(2, ben)] })
    await world.message(group, 2, 'once')
    expect(await shown(ben)).to.deep.equal(['welcome ref1', 'commit 2', 'welcome ref2', 'once'])
  })

  it('never splits a position between pages', async () => {
    await addBen()
    await world.commit(group, 2, { added: [added(2, ben)] })
    while ((await world.project()) > 0);
    const row = (await world.view.queue(ben))!
    const options = { limit: 2, bytesMax: 1e9, capped: true, now: 0 }
    const page = await world.view.page(row, { ...options, after: 0 as Position })
    expect(page.frames).to.have.length(3)
  })

  it('never reaches past the checkpoint, and neither does its cursor', async () => {
    await world.message(group, 0, 'one')
    while ((await world.project()) > 0);
    const checkpoint = await world.model.checkpoint()
    await world.message(group, 0, 'two')
    const row = (await world.view.queue(ana))!
    const page = await world.view.page(row, { after: 0 as Position, limit: 9, bytesMax: 1e9, capped: true, now: 0 })
    expect([page.next, page.more]).to.deep.equal([checkpoint, false])
    const beyond = (checkpoint + 5) as Position
    const later = await world.view.page(row, { after: beyond, limit: 9, bytesMax: 1e9, capped: true, now: 0 })
    expect([later.frames, later.next]).to.deep.equal([[], beyond])
  })

  it('carries notices of the group to its members', async () => {
    const notice = (event: Parameters<World['append']>[1]): Promise<Position> => world.append(groupStream(group), event)
    const user = userNumber(1)
    await notice({ type: 'RoleChanged', data: { group, user, role: 'admin', reason: 'requested' } })
    await notice({ type: 'SettingsChanged', data: { group, settings: { retentionMs: 5 }, by: user } })
    const profile = { digest: 'd'.repeat(43), size: 1 }
    await notice({ type: 'ProfileChanged', data: { group, version: 1, profile, by: user } })
    await notice({ type: 'FaultReported', data: { group, epoch: '0', by: occupant(1), detail: 'x' } })
    await notice({ type: 'GroupReset', data: { group, successor: groupNumber(2), by: user } })
    await notice({ type: 'GroupDeleted', data: { group } })
    const kinds = ['roleChanged', 'settingsChanged', 'profileChanged', 'faultReported', 'groupReset', 'groupDeleted']
    expect(await shown(ana)).to.deep.equal(kinds.map((kind) => `notice ${kind}`))
  })

  describe('when messages fall out', () => {
    const say = async (from: number, to: number, where: GroupId = group): Promise<void> => {
      for (let n = from; n <= to; n++) await world.message(where, 0, `m${n}`)
    }
    const expire = (upToRevision: number, upToPosition: Position): Promise<Position> =>
      world.append(groupStream(group), { type: 'MessagesExpired', data: { group, upToRevision, upToPosition } })

    it('keeps exactly as many as the cap says, and marks the rest', async () => {
      await begin({ limits: { queueMessagesMax: 3 } })
      await say(1, 3)
      expect(await shown(ana)).to.deep.equal(['m1', 'm2', 'm3'])
      await say(4, 4)
      expect(await shown(ana)).to.deep.equal(['gap 1', 'm2', 'm3', 'm4'])
    })

    it('keeps exactly as many bytes as the cap says', async () => {
      await say(1, 1)
      await world.project()
      const [row] = await world.model.range({ table: 'messages', index: 'key', prefix: [], limit: 1 })
      const bytes = row?.['bytes'] as number
      await begin({ limits: { queueBytesMax: 3 * bytes } })
      await say(1, 3)
      expect(await shown(ana)).to.deep.equal(['m1', 'm2', 'm3'])
      await say(4, 4)
      expect(await shown(ana)).to.deep.equal(['gap 1', 'm2', 'm3', 'm4'])
    })

    it('counts the cap over all groups of the queue, and over what waits only', async () => {
      await begin({ limits: { queueMessagesMax: 4 } })
      const other = groupNumber(2)
      await world.createGroup(other, ana)
      await say(1, 3)
      await say(4, 6, other)
      expect(await shown(ana)).to.deep.equal(['gap 2', 'm3', 'm4', 'm5', 'm6'])
      const row = (await world.view.queue(ana))!
      const { frames } = await world.view.page(row, {
        after: 0 as Position,
        limit: 1,
        bytesMax: 1e9,
        capped: true,
        now: 0,
      })
      await acknowledge(ana, frames[0]!.position)
      expect(await shown(ana)).to.deep.equal(['m3', 'm4', 'm5', 'm6'])
    })

    it('judges what came since as it would judge all of it anew', async () => {
      const [queueMessagesMax, queueBytesMax] = [5, 2_600]
      await begin({ limits: { queueMessagesMax, queueBytesMax } })
      const others = [groupNumber(2), groupNumber(3)]
      for (const other of others) await world.createGroup(other, ana)
      let sizes = 7
      const sent: Position[] = []
      for (let n = 1; n <= 60; n++) {
        sizes = (sizes * 31 + n) % 97
        const where = [group, ...others][sizes % 3] ?? group
        const position = await world.message(where, 0, `${n} ${'x'.repeat(sizes % 5 === 0 ? 900 : sizes)}`)
        if (where === group) sent.push(position)
        if (n === 30) await acknowledge(ana, position)
        if (n === 45) await expire(3, sent[3]!)
        if (n === 50) await expire(sent.length - 1, sent.at(-1)!)
        while ((await world.project()) > 0);
        const remembered = await world.shown(ana)
        const limits = { ...limitDefaults, queueMessagesMax, queueBytesMax }
        const anew = queueView({ model: world.model, cache: frameCache(1), logId, limits })
        expect(remembered, `after ${n}`).to.deep.equal(await world.shown(ana, { view: anew }))
      }
    })

    it('walks what has fallen out once, not with every look', async () => {
      await begin({ limits: { queueMessagesMax: 400 } })
      for (let n = 1; n <= 600; n++) await world.message(group, 0, 'm')
      await world.project()
      let rows = 0
      const range: typeof world.model.range = async (asked) => {
        const found = await world.model.range(asked)
        if (asked.table === 'messages') rows += found.length
        return found
      }
      const limits = { ...limitDefaults, queueMessagesMax: 400 }
      const view = queueView({ model: { ...world.model, range }, cache: frameCache(1), logId, limits })
      const look = async (): Promise<number> => {
        rows = 0
        const row = (await view.queue(ana))!
        await view.page(row, { after: 0 as Position, limit: 1, bytesMax: 1e9, capped: true, now: 0 })
        return rows
      }
      const first = await look()
      expect(first).to.be.above(400)
      expect(await look()).to.be.below(first - 350)
      await world.message(group, 0, 'm')
      await world.project()
      expect(await look()).to.be.below(first - 250)
    })

    it('keeps Commits, and puts the gap where it ends', async () => {
      await begin({ limits: { queueMessagesMax: 1 } })
      await say(1, 1)
      await world.commit(group, 1)
      await say(2, 3)
      while ((await world.project()) > 0);
      expect(await world.shown(ana)).to.deep.equal(['commit 1', 'gap 2', 'm3'])
    })

    it('lets go of what is older than the limit of age', async () => {
      await begin({ limits: { queueAgeMsMax: 100 } })
      await world.message(group, 0, 'old', 1_000)
      await world.message(group, 0, 'new', 1_050)
      expect(await shown(ana, { now: 1_100 })).to.deep.equal(['old', 'new'])
      expect(await shown(ana, { now: 1_101 })).to.deep.equal(['gap 1', 'new'])
    })

    it('drops rows when the group’s messages expire, and a queue that had them sees no gap', async () => {
      await say(1, 2)
      const second = await world.events.head()
      await say(3, 3)
      await expire(1, second)
      expect(await shown(ana)).to.deep.equal(['gap 2', 'm3'])
      expect(await shown(ana, { after: second })).to.deep.equal(['m3'])
      expect(await world.model.range({ table: 'messages', index: 'key', prefix: [], limit: 9 })).to.have.length(1)
    })

    it('shows no gap to who joined after the messages that are gone', async () => {
      await say(1, 2)
      const second = await world.events.head()
      await addBen()
      await world.message(group, 1, 'hello')
      await expire(1, second)
      expect(await shown(ben)).to.deep.equal(['welcome ref1', 'hello'])
    })

    it('rebuilds to the same rows from a truncated log', async () => {
      await say(1, 70)
      const last = await world.events.head()
      await say(71, 80)
      await expire(69, last)
      await say(81, 82)
      while ((await world.project()) > 0);
      const tables = ['queues', 'groups', 'messages', 'events', 'blocks', 'memberships', 'seats', 'own']
      const rowsOf = (of: World): Promise<unknown> =>
        Promise.all(tables.map((table) => of.model.range({ table, index: 'key', prefix: [], limit: 1_000 })))
      const before = await rowsOf(world)
      await world.events.truncate(messagesStream(group), 70)
      const rebuilt = await makeWorld({ from: world.events })
      while ((await rebuilt.project()) > 0);
      expect(await rowsOf(rebuilt)).to.deep.equal(before)
    })
  })

  it('takes a message once that the store let in twice', async () => {
    await begin({ mayRepeat: true })
    const id = '00000000-0000-4000-8000-000000000001'
    const message = { type: 'MessageAccepted', data: { group, epoch: '0', message: 'b25jZQ' } } as const
    await world.append(messagesStream(group), message, { id })
    await world.appendAgain(messagesStream(group), message, id)
    await world.message(group, 0, 'next')
    expect(await shown(ana)).to.deep.equal(['once', 'next'])
  })

  describe('where the store holds messages twice, or without their payload', () => {
    const accepted = (n: number) =>
      ({
        type: 'MessageAccepted',
        data: { group, epoch: '0', message: Buffer.from(`m${n}`).toString('base64url') },
      }) as const
    const idOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
    const say = (n: number) => world.append(messagesStream(group), accepted(n), { id: idOf(n) })
    const sayAgain = (n: number) => world.appendAgain(messagesStream(group), accepted(n), idOf(n))
    const loseAll = async (): Promise<void> => {
      await say(1)
      await sayAgain(1)
      await say(2)
      await world.appendErased(messagesStream(group), 'MessageAccepted')
      await sayAgain(2)
      await say(3)
      await sayAgain(3)
    }

    it('counts each once in the gap', async () => {
      await begin({ mayRepeat: true, limits: { queueMessagesMax: 2 } })
      await loseAll()
      expect(await shown(ana)).to.deep.equal(['gap 1', 'm2', 'm3'])
      for (let n = 4; n <= 6; n++) await say(n)
      await sayAgain(6)
      expect(await shown(ana)).to.deep.equal(['gap 4', 'm5', 'm6'])
    })

    it('counts from wherever a cursor stands', async () => {
      await begin({ mayRepeat: true, limits: { queueMessagesMax: 1 } })
      await loseAll()
      await say(4)
      const all = await world.events.readStream(messagesStream(group))
      const gaps: string[] = []
      for (const { position } of all) gaps.push((await shown(ana, { after: position }))[0] ?? '')
      expect(gaps).to.deep.equal(['gap 2', 'gap 2', 'gap 1', 'gap 1', 'gap 1', 'm4', 'm4', ''])
    })

    it('fits into the cap what fits when each is counted once', async () => {
      await begin({ mayRepeat: true, limits: { queueMessagesMax: 3 } })
      await loseAll()
      expect(await shown(ana)).to.deep.equal(['m1', 'm2', 'm3'])
    })

    it('rebuilds to the same rows once those up to a double have expired', async () => {
      await begin({ mayRepeat: true })
      await loseAll()
      const last = (await world.events.readStream(messagesStream(group)))[4]!.position
      await world.append(groupStream(group), {
        type: 'MessagesExpired',
        data: { group, upToRevision: 4, upToPosition: last },
      })
      while ((await world.project()) > 0);
      const rowsOf = (of: World): Promise<unknown> =>
        Promise.all(
          ['groups', 'messages', 'blocks'].map((table) =>
            of.model.range({ table, index: 'key', prefix: [], limit: 1_000 }),
          ),
        )
      const before = await rowsOf(world)
      await world.events.truncate(messagesStream(group), 5)
      const rebuilt = await makeWorld({ from: world.events, mayRepeat: true, again: world.again })
      while ((await rebuilt.project()) > 0);
      expect(await rowsOf(rebuilt)).to.deep.equal(before)
    })
  })

  describe('of a direct queue', () => {
    const [user, first, second] = [userNumber(9), clientNumber(91), clientNumber(92)]
    const [directFirst, directSecond] = [queueNumber(91), queueNumber(92)]
    beforeEach(async () => {
      await world.append(userStream(user), {
        type: 'UserRegistered',
        data: {
          user,
          handle: 'AAAA',
          handleHash: 'h',
          first: { client: first, directQueue: directFirst, key: key('k1') },
          discovery: 'exact',
          claims: 'anyone',
        },
      })
    })
    const ask = (request: string): Promise<Position> =>
      world.append(contactsStream(user), {
        type: 'ConnectionRequested',
        data: { user, from: userNumber(8), request, ciphertext: 'AAAA' },
      })
    const addSecond = (): Promise<Position> =>
      world.append(userStream(user), {
        type: 'ClientAdded',
        data: { user, client: second, directQueue: directSecond, key: key('k2'), approvedBy: first, approval: 'jws' },
      })
    const claimLast = (lastResort: boolean, remaining: number): Promise<Position> =>
      world.append(keyPackagesStream(first), {
        type: 'KeyPackageClaimed',
        data: { client: first, ref: 'AA', suite: 1, keyPackage: 'AA', lastResort, by: userNumber(8), remaining },
      })

    it('is what its user gets since the client was added, and what is its own', async () => {
      await ask('r1')
      await addSecond()
      await ask('r2')
      await claimLast(false, 11)
      await claimLast(false, 10)
      await claimLast(true, 0)
      const both = ['notice clientAdded', 'notice connectionRequest']
      expect(await shown(directFirst)).to.deep.equal([
        'notice connectionRequest',
        ...both,
        'notice keyPackagesLow',
        'notice lastResortUsed',
      ])
      expect(await shown(directSecond)).to.deep.equal(both)
      expect(await world.view.directQueueOf(second)).to.equal(directSecond)
    })

    it('tells the one who asked of the answer', async () => {
      const contact = { user: userNumber(8), from: user, request: 'r' }
      await world.append(contactsStream(contact.user), { type: 'ConnectionAccepted', data: contact })
      await world.append(contactsStream(contact.user), { type: 'ConnectionRejected', data: contact })
      expect(await shown(directFirst)).to.deep.equal(['notice connectionAccepted', 'notice connectionRejected'])
    })

    it('keeps what all clients read until the last of them has acknowledged it', async () => {
      await addSecond()
      const asked = await ask('r')
      await acknowledge(directFirst, asked)
      expect(await shown(directFirst)).to.deep.equal([])
      expect(await shown(directSecond)).to.deep.equal(['notice clientAdded', 'notice connectionRequest'])
      await acknowledge(directSecond, asked)
      await world.project()
      expect(await world.model.range({ table: 'own', index: 'key', prefix: [], limit: 9 })).to.deep.equal([])
    })

    it('goes with its client', async () => {
      await addSecond()
      await claimLast(true, 0)
      await world.append(userStream(user), {
        type: 'ClientRemoved',
        data: { user, client: first, directQueue: directFirst, reason: 'requested', serials: [] },
      })
      expect(await shown(directFirst)).to.deep.equal(['no such queue'])
      expect(await shown(directSecond)).to.deep.equal(['notice clientAdded', 'notice clientRemoved'])
    })
  })

  describe('once acknowledged', () => {
    it('begins above it, and never goes back', async () => {
      const one = await world.message(group, 0, 'one')
      const two = await world.message(group, 0, 'two')
      await acknowledge(ana, two)
      await acknowledge(ana, one)
      await world.message(group, 0, 'three')
      expect(await shown(ana)).to.deep.equal(['three'])
    })

    it('lets go of Welcomes', async () => {
      const joined = await addBen()
      await world.project()
      await acknowledge(ben, joined)
      await world.project()
      expect(await world.view.hasWelcome(ben, 'd'.repeat(43))).to.equal(false)
    })
  })

  it('is nothing once the queue is deleted; its seats stay known until they are removed', async () => {
    await addBen()
    await world.append(queueStream(ben), { type: 'QueueDeleted', data: { queue: ben, reason: 'requested' } })
    expect(await shown(ben)).to.deep.equal(['no such queue'])
    expect(await seatsOf(ben)).to.deep.equal([{ group, leaf: 1 }])
    await world.commit(group, 2, { removed: [occupant(1)] })
    await world.project()
    expect(await world.model.range({ table: 'memberships', index: 'byQueue', prefix: [ben], limit: 9 })).to.have.length(
      0,
    )
  })

  it('is forgotten by its owner when nothing was acknowledged for long', async () => {
    await world.project()
    await acknowledge(ana, 1 as Position, 9_000)
    await world.project()
    expect(await world.view.untouchedSince(5_000, 9)).to.have.members([ben, eve])
  })
})
