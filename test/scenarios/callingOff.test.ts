/** What an application may call off, and what it is told of the connection: for people who do not like to wait. */
import { expect } from 'chai'
import { createAccount, type Group, memoryStore, openClient, type Status } from '#src/client/index.js'
import { groupAt, groupOf, openHouse, type House, type Player } from './house.js'

describe('Calling off', () => {
  let house: House
  let alice: Player
  let bob: Player
  let carol: Player
  let group: Group
  before(async () => {
    house = await openHouse()
    alice = await house.register('alice')
    bob = await house.register('bob')
    carol = await house.register('carol')
    group = await groupOf(alice, bob)
  })
  after(() => house.close())

  it('ends every call with the signal’s reason, and the client goes on where the server does', async () => {
    const other = await alice.client.createGroup()
    await house.server.crash()
    const patient = group.send('waits for the server')
    const enough = new AbortController()
    const hurried = alice.client.within(enough.signal)
    const calls = {
      sync: hurried.sync(),
      connect: hurried.connect(),
      findUser: hurried.findUser('bob'),
      createGroup: hurried.createGroup(),
      contacts: hurried.contacts(),
      account: hurried.account(),
      requestContact: hurried.requestContact(bob.client.user, 'hello'),
      invite: group.within(enough.signal).invite(carol.client.user),
      update: other.within(enough.signal).update(),
      send: group.within(enough.signal).send('called off'),
      'send that waits for the other': group.within(enough.signal).send('called off, too'),
      'group of that client': hurried.group(group.id).within(enough.signal).view(),
    }
    const ended = Object.entries(calls).map(async ([name, call]) => [name, await call.then(String, String)] as const)
    enough.abort(new Error('enough'))
    for (const [name, how] of await Promise.all(ended)) expect(how, name).to.equal('Error: enough')
    const late = alice.client.within(AbortSignal.abort(new Error('too late')))
    expect(await late.sync().then(String, String)).to.equal('Error: too late')
    await house.server.restart()
    await patient
    await group.send('and on')
    await bob.untilText('waits for the server')
    await bob.untilText('and on')
    expect(new Set(bob.texts()).size, bob.texts().join(', ')).to.equal(bob.texts().length)
    await groupAt(bob, group).send('heard')
    await alice.untilText('heard')
  })

  it('ends the opening of a client and the making of an account', async () => {
    const store = alice.store
    await alice.client.close()
    await house.server.crash()
    const { url: server } = house.server
    const signal = AbortSignal.abort(new Error('enough'))
    const opened = openClient({ server, store, signal }).then(String, String)
    const made = createAccount({ server, store: memoryStore(), handle: 'late', signal }).then(String, String)
    expect(await Promise.all([opened, made])).to.deep.equal(['Error: enough', 'Error: enough'])
    await house.server.restart()
    alice = await alice.restart()
    await alice.client.group(group.id).send('opened after all')
    await bob.untilText('opened after all')
  })

  it('tells when it is connected, and when not', async () => {
    const told: Status[] = []
    let changed: () => void = () => undefined
    const onStatus = (status: Status): void => {
      told.push(status)
      changed()
    }
    const become = async (status: Status): Promise<void> => {
      while (told.at(-1) !== status)
        await new Promise<void>((resolve) => {
          changed = resolve
        })
    }
    await bob.client.close()
    const client = await openClient({ server: house.server.url, store: bob.store, onStatus })
    expect(client.status()).to.equal('offline')
    await client.connect()
    expect(told).to.deep.equal(['connecting', 'live'])
    await house.server.crash()
    await become('offline')
    await house.server.restart()
    await become('live')
    expect(client.status()).to.equal('live')
    client.disconnect()
    await become('offline')
    await client.close()
  })

  let tries = 0
  it('tells how much was read so far', async () => {
    // Another name for each try: on a busy machine between two processes it is tried again.
    const dora = await house.register(`dora.${tries++}`)
    const theirs = await groupOf(alice, dora)
    for (let n = 0; n < 3; n++) await theirs.send(`message ${n}`)
    const read: number[] = []
    await dora.client.sync((progress) => read.push(progress.read))
    expect(read.at(-1)).to.be.at.least(3)
    expect(read).to.deep.equal(read.toSorted((a, b) => a - b))
  })
})
