/** What other servers are told of contacts: the rows of a real read model on a log in memory, and a server that hears or not. */
import { expect } from 'chai'
import { deleteUser, userAggregate } from '#src/commands/account/user.js'
import { acceptConnection, contactsAggregate, requestConnection } from '#src/commands/contacts/contacts.js'
import type { ContactsState } from '#src/commands/contacts/contacts.js'
import { grantContact, seekContact } from '#src/commands/contacts/elsewhere.js'
import { contactsStream } from '#src/events/contacts.js'
import type { ContactsEvent } from '#src/events/contacts.js'
import { userStream } from '#src/events/user.js'
import { makeTeller } from '#src/federation/contacts/tell.js'
import type { TellDependencies, Teller } from '#src/federation/contacts/tell.js'
import type { Word } from '#src/items/contactWord.js'
import { limitDefaults } from '#src/limits/limits.js'
import { makeId, parseDomain } from '#src/mls/wire/ids.js'
import type { UserId } from '#src/mls/wire/ids.js'
import { derivedId } from '#src/streams/commandId.js'
import type { Decide } from '#src/streams/decider.js'
import { openIdentityHouse } from '../../api/identityHouse.js'
import type { IdentityHouse, Person } from '../../api/identityHouse.js'
import { silentLogger } from '../../support/silentLogger.js'

const b = parseDomain('b.example')!
const bea = (n: number): UserId => makeId('user', b, new Uint8Array(16).fill(n))

describe('what another server is told of contacts', () => {
  let home: IdentityHouse
  let alice: Person
  let now: number
  /** In the order in which it heard them. */
  let heard: { readonly word: Word['word']; readonly other: UserId; readonly ciphertext: string | undefined }[]
  let keys: string[]
  let answer: () => Promise<'told' | 'refused' | 'later'>
  let teller: Teller

  beforeEach(async () => {
    home = await openIdentityHouse()
    alice = await home.registerUser('alice')
    now = home.now()
    ;[heard, keys] = [[], []]
    answer = () => Promise.resolve('told')
    teller = open()
  })
  afterEach(() => home.close())

  const open = (streams: TellDependencies['streams'] = home.streams): Teller => {
    const deps: TellDependencies = {
      words: home.directory,
      streams,
      say: async ({ word, other, ciphertext }, key) => {
        const said = await answer()
        heard.push({ word, other, ciphertext })
        keys.push(key)
        return said
      },
      limits: limitDefaults,
      clock: { now: () => now },
      random: { bytes: (length) => new Uint8Array(length) },
      logger: silentLogger,
    }
    return makeTeller(deps)
  }

  let commands = 0
  const decided = async (decide: Decide<ContactsState, ContactsEvent>): Promise<void> => {
    const stream = contactsStream(alice.principal.user)
    const command = { id: derivedId(stream, 'test', String(commands++)), bodyHash: '', at: home.now() }
    expect(await home.streams.execute(contactsAggregate, stream, command, decide)).not.to.have.property('rejected')
    await home.settled()
  }
  const seek = (n: number) => {
    const { user } = alice.principal
    const asked = { user: bea(n), from: user, request: derivedId(String(n), 'request'), ciphertext: `letter${n}` }
    return decided(seekContact({ ...asked, at: home.now(), pendingMax: 10, afreshMs: 1_000 }))
  }
  const tellAll = async (): Promise<void> => {
    for (const peer of await teller.due()) await teller.serve(peer)
    await home.settled()
  }
  const outcomes = async () =>
    (await home.facts()).flatMap((event) => (event.type === 'ContactTold' ? [event.data.outcome] : []))

  it('is who asks, in order and once', async () => {
    await seek(2)
    await seek(3)
    expect(await teller.due()).to.deep.equal([b])
    await tellAll()
    await tellAll()
    expect(heard.map(({ other, ciphertext }) => [other, ciphertext])).to.deep.equal([
      [bea(2), 'letter2'],
      [bea(3), 'letter3'],
    ])
    expect(await outcomes()).to.deep.equal(['told', 'told'])
    expect(await teller.due()).to.deep.equal([])
  })

  it('is who accepts and who is rejected, and nothing of users of one server', async () => {
    const { user } = alice.principal
    const asking = (from: UserId, request: string) =>
      decided(requestConnection({ user, from, request, ciphertext: 'AAAA', pendingMax: 10 }))
    await asking(bea(2), derivedId('2', 'theirs'))
    await asking((await home.registerUser('ally')).principal.user, derivedId('3', 'ours'))
    for (const request of [derivedId('2', 'theirs'), derivedId('3', 'ours')])
      await decided(acceptConnection({ user, request, ciphertext: 'BBBB' }))
    await tellAll()
    expect(heard).to.deep.equal([{ word: 'accept', other: bea(2), ciphertext: 'BBBB' }])
  })

  it('is told again while it is away: ever later, at once where it shows itself, under the same key', async () => {
    answer = () => Promise.reject(new Error('away'))
    await seek(2)
    await tellAll()
    answer = () => Promise.resolve('told')
    await tellAll()
    expect(heard).to.deep.equal([])
    await teller.wake(b)
    await tellAll()
    expect(heard).to.have.length(1)
  })

  it('is told again after a crash that forgot whether it was heard, under the same key', async () => {
    await seek(2)
    teller = open({ execute: () => Promise.reject(new Error('crashed')) })
    await tellAll()
    teller = open()
    await tellAll()
    expect(keys).to.have.length(2)
    expect(keys[0]).to.equal(keys[1])
    expect(await outcomes()).to.deep.equal(['told'])
  })

  it('is given up after a month, and what it does not take at once', async () => {
    await seek(2)
    now += limitDefaults.peerQueueAgeMsMax + 1
    await tellAll()
    now = home.now()
    answer = () => Promise.resolve('refused')
    await seek(3)
    await tellAll()
    expect(await outcomes()).to.deep.equal(['lapsed', 'refused'])
    expect(heard.map(({ other }) => other)).to.deep.equal([bea(3)])
  })

  it('waits where one user asks too often, and others do not wait for it', async () => {
    answer = () => Promise.resolve(heard.length === 0 ? 'later' : 'told')
    await seek(2)
    await seek(3)
    await tellAll()
    expect(await outcomes()).to.deep.equal(['told'])
    now += 61_000
    await tellAll()
    expect(heard.map(({ other }) => other)).to.deep.equal([bea(2), bea(3), bea(2)])
    expect(await outcomes()).to.deep.equal(['told', 'told'])
  })

  it('is that a user is gone: to its contacts, and to whoever was asked', async () => {
    const { user } = alice.principal
    for (const n of [2, 3]) await seek(n)
    await tellAll()
    await decided(grantContact({ user: bea(2), from: user }))
    await seek(4)
    const stream = userStream(user)
    await home.streams.execute(
      userAggregate,
      stream,
      { id: derivedId(stream, 'gone'), bodyHash: '', at: now },
      deleteUser(),
    )
    await home.settled()
    heard = []
    await tellAll()
    expect(heard.map(({ word }) => word)).to.deep.equal(['end', 'end'])
    expect(heard.map(({ other }) => other)).to.have.members([bea(2), bea(3)])
    expect(await teller.due()).to.deep.equal([])
  })
})
