/** A person who lost every device comes back by the code, once. */
import { expect } from 'chai'
import { isRefusal, memoryStore, recoverAccount, Unreachable, type Client, type Store } from '#src/client/index.js'
import { startTamperingProxy } from '../client/support/tamperingProxy.js'
import { groupAt, groupOf, openHouse, type House, type Player } from './house.js'

describe('Recovery', () => {
  let house: House
  let alice: Player
  let bob: Player
  let round = 0
  const opened: Client[] = []
  before(async () => {
    house = await openHouse()
  })
  beforeEach(async () => {
    round++
    alice = await house.register(`alice${round}`)
    bob = await house.register(`bob${round}`)
  })
  after(async () => {
    for (const client of opened) await client.close()
    await house.close()
  })

  const recover = async (code: string, passphrase?: string, store: Store = memoryStore()) => {
    const options = passphrase === undefined ? {} : { passphrase }
    const recovered = await recoverAccount({ server: house.server.url, patienceMs: 60_000, store, code, ...options })
    opened.push(recovered.client)
    return recovered
  }
  const refusalOf = (attempt: Promise<unknown>): Promise<unknown> =>
    attempt.then(
      () => 'done',
      (error: unknown) => error,
    )

  it('brings a person back into account and groups by the code, once, and puts the lost devices out', async () => {
    const phone = await house.link(alice)
    const group = await groupOf(alice, bob)
    const other = await groupOf(bob, alice)
    await group.send('Before')
    await bob.untilText('Before')
    const code = await alice.client.setRecovery()
    expect((await alice.client.account()).recovery).to.equal(true)
    expect(await phone.untilEvent('recoveryKeySet')).to.deep.equal({ type: 'recoveryKeySet', by: alice.client.client })
    const { client, code: next } = await recover(code.toLowerCase())
    expect(client.user).to.equal(alice.client.user)
    expect((await client.account()).clients).to.deep.equal([client.client])
    expect(client.groups().map((one) => [one.id, one.status()])).to.have.deep.members([
      [group.id, 'active'],
      [other.id, 'active'],
    ])
    await client.sync()
    await client.group(group.id).send('I am back')
    await bob.untilText('I am back')
    await bob.until(() => groupAt(bob, group).members().length === 2)
    await groupAt(bob, group).send('Welcome back')
    await client.sync()
    const heard = (await client.take()).flatMap((event) => (event.type === 'message' ? [event.text] : []))
    expect(heard).to.include('Welcome back')
    expect(heard).not.to.include('Before')
    expect(isRefusal(await refusalOf(alice.client.sync()), 'not-authenticated', 'token-expired')).to.equal(true)
    expect(isRefusal(await refusalOf(recover(code)), 'not-allowed')).to.equal(true)
    const again = await recover(next)
    expect((await again.client.account()).clients).to.deep.equal([again.client.client])
  })

  it('tells every client that is still there before it is put out', async () => {
    const code = await alice.client.setRecovery()
    const told: string[] = []
    await alice.client.connect()
    const listening = (async () => {
      for await (const event of alice.client.events()) {
        told.push(event.type)
        if (event.type === 'recoveryKeyUsed') return event.client
      }
      return undefined
    })()
    const { client } = await recover(code)
    expect(await listening).to.equal(client.client)
    expect(told).to.include('recoveryKeySet')
  })

  it('needs the passphrase as well where there is one, and forgives that it was left out', async () => {
    const code = await alice.client.setRecovery('correct horse')
    const store = memoryStore()
    expect(isRefusal(await refusalOf(recover(code, undefined, store)), 'not-allowed')).to.equal(true)
    const { client } = await recover(code, 'correct horse', store)
    expect(client.user).to.equal(alice.client.user)
  })

  it('takes the newest code alone', async () => {
    const before = await alice.client.setRecovery()
    const code = await alice.client.setRecovery()
    expect(isRefusal(await refusalOf(recover(before)), 'not-allowed')).to.equal(true)
    expect((await recover(code)).client.user).to.equal(alice.client.user)
  })

  it('says a slip in the code before anything is asked', async () => {
    const code = await alice.client.setRecovery()
    const outcome = await refusalOf(recover(code.replace(/^./, (first) => (first === '1' ? '2' : '1'))))
    expect(outcome).to.be.instanceOf(TypeError)
  })

  it('lets one in of two who come at once', async () => {
    const code = await alice.client.setRecovery()
    const outcomes = await Promise.all([refusalOf(recover(code)), refusalOf(recover(code))])
    expect(outcomes.filter((outcome) => outcome === 'done')).to.have.length(1)
    expect(outcomes.filter((outcome) => isRefusal(outcome, 'not-allowed'))).to.have.length(1)
  })

  it('is asked for again under the same key where the answer was lost, by a client that was started anew', async () => {
    const code = await alice.client.setRecovery()
    const proxy = await startTamperingProxy(house.server.url.split(',')[0]!)
    const keys: (string | undefined)[] = []
    proxy.tamper = ({ method, path, idempotencyKey }) => {
      if (method !== 'POST' || path !== '/v1/recovery') return {}
      keys.push(idempotencyKey)
      return { loseAnswer: keys.length === 1 }
    }
    const store = memoryStore()
    const options = { server: proxy.url, patienceMs: 0, store, code }
    expect(await refusalOf(recoverAccount(options))).to.be.instanceOf(Unreachable)
    const { client } = await recoverAccount({ ...options, patienceMs: 60_000 })
    opened.push(client)
    expect(keys).to.deep.equal([keys[0], keys[0]])
    expect(keys[0]).to.be.a('string')
    expect((await client.account()).clients).to.deep.equal([client.client])
    await client.close()
    await proxy.close()
  })

  it('goes on where it stopped, over a crash of the server and a new start of the client', async () => {
    const group = await groupOf(alice, bob)
    const code = await alice.client.setRecovery()
    const store = memoryStore()
    let writes = 0
    // The power goes after so many writes: of the registration, of the approval, of the account; then on the way into the group.
    for (const limit of [1, 2, 3, 1]) {
      writes = 0
      const failing: Store = {
        ...store,
        write: async (changes) => {
          if (++writes > limit) throw new Error('no power')
          await store.write(changes)
        },
      }
      const outcome = await refusalOf(recover(code, undefined, failing))
      expect(String(outcome), `${limit}`).to.include('no power')
      await house.server.crash()
      await house.server.restart()
    }
    const { client } = await recover(code, undefined, store)
    expect(client.group(group.id).status()).to.equal('active')
    expect((await client.account()).clients).to.deep.equal([client.client])
  })
})
