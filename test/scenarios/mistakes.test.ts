/** What applications get wrong: each mistake is said where it was made, in seconds and in words. */
import { ownTime } from '../support/ownTime.js'
import { createServer } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { expect } from 'chai'
import { createAccount, type Group, memoryStore, openClient, requestLink, type UserId } from '#src/client/index.js'
import { copyOf, groupOf, openHouse, type Player, type House } from './house.js'

const failure = async (act: () => unknown): Promise<string> => {
  try {
    await act()
    return 'no error'
  } catch (error) {
    return String(error)
  }
}

describe('Mistakes', () => {
  let house: House
  let alice: Player
  let bob: Player
  let group: Group
  before(async () => {
    house = await openHouse()
    alice = await house.register('alice')
    bob = await house.register('bob')
    group = await groupOf(alice, bob)
  })
  after(() => house.close())

  const account = (server: unknown): Promise<string> =>
    failure(() => createAccount({ server: server as string, store: memoryStore(), handle: 'nobody-there' }))

  it('in the address are refused before anything is tried', async () => {
    for (const server of [
      'localhost:8080',
      '127.0.0.1:8080',
      'chat.example',
      '',
      'ws://localhost',
      'http://',
      undefined,
      7,
    ])
      expect(await account(server), String(server)).to.match(/^TypeError: server: /)
    expect(await account('localhost:8080')).to.include('https://localhost:8080?')
    expect(await failure(() => openClient({ server: 'localhost', store: bob.store }))).to.match(/^TypeError: server: /)
  })

  const listening = async (server: Server): Promise<string> => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  it('in the port are told within seconds: nobody there, nobody who answers, another service', async () => {
    const silent = createTcpServer()
    const silentUrl = await listening(silent)
    const gone = createTcpServer()
    const goneUrl = await listening(gone)
    gone.close()
    const page = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>')
    })
    const lost = createServer((_request, response) => {
      response.writeHead(404).end()
    })
    const [pageUrl, lostUrl] = [await listening(page), await listening(lost)]
    const time = ownTime()
    const said = await Promise.all([goneUrl, silentUrl, pageUrl, lostUrl].map(account))
    time.stop()
    expect(time.ms()).to.be.below(20_000)
    expect(said[0]).to.include(`Unreachable: ${goneUrl} cannot be reached: connect ECONNREFUSED`)
    expect(said[1]).to.include(`Unreachable: ${silentUrl} cannot be reached`)
    expect(said[2]).to.include(`NotAHomeserver: ${pageUrl} answers (with HTTP status 200), and is no MLS homeserver`)
    expect(said[3]).to.include(`NotAHomeserver: ${lostUrl} answers (with HTTP status 404)`)
    for (const server of [silent, page, lost]) server.close()
  })

  it('in the store are told: it is of another account', async () => {
    const { url: server } = house.server
    for (const store of [bob.store, await withoutHandle(bob)]) {
      const said = await failure(() => createAccount({ server, store, handle: alice.handle }))
      expect(said).to.include(`this store is of "${bob.handle}"`).and.to.include(alice.handle)
    }
    const said = await failure(() => requestLink({ server, store: bob.store, user: alice.client.user }))
    expect(said).to.include(`this store is of ${bob.client.client}`)
  })

  /** As it was saved before the handle was. */
  const withoutHandle = async (player: Player) => {
    const store = await copyOf(player.store)
    const text = new TextDecoder().decode(await store.get('account'))
    const value = new TextEncoder().encode(text.replace(/"handle":"[^"]*",/, ''))
    await store.write([{ key: 'account', value }])
    return store
  }

  it('in what is passed are told, with the call that they were made in', async () => {
    const { client } = alice
    const nobody = (await client.findUser('nobody-of-this-name'))!
    for (const [call, act] of [
      ['invite', () => group.invite(nobody)],
      ['invite', () => group.invite([bob.client.user] as unknown as UserId)],
      ['invite', () => group.invite(bob.handle as UserId)],
      ['remove', () => group.remove(nobody)],
      ['removeClients', () => group.removeClients(bob.client.user as never)],
      ['setRole', () => group.setRole(nobody, 'admin')],
      ['setRole', () => group.setRole(bob.client.user, 'owner' as never)],
      ['send', () => group.send(undefined as never)],
      ['send', () => group.send({ body: 'hello' } as never)],
      ['send', () => group.send({ text: 'hello', format: 'html' } as never)],
      ['send', () => group.send({ text: 'hello', inReplyTo: 'hello' } as never)],
      ['edit', () => group.edit(undefined as never, 'hello')],
      ['deleteMessage', () => group.deleteMessage(undefined as never)],
      ['delete', () => (group.delete as (message: string) => Promise<void>)('a message')],
      ['react', () => group.react(undefined as never, '👍')],
      ['setRetention', () => group.setRetention('1 day' as never)],
      ['setProfile', () => group.setProfile(null as never)],
      ['exportSecret', () => group.exportSecret(1 as never, new Uint8Array(), 32)],
      ['findUser', () => client.findUser(undefined as never)],
      ['findUsers', () => client.findUsers(7 as never)],
      ['requestContact', () => client.requestContact(nobody, 'hello')],
      ['block', () => client.block(nobody)],
      ['clientsOf', () => client.clientsOf(bob.handle as UserId)],
      ['removeClient', () => client.removeClient(bob.client.user as never)],
      ['group', () => client.group(undefined as never)],
      ['joinGroup', () => client.joinGroup('general' as never)],
      ['approveLink', () => client.approveLink(undefined as never)],
    ] as const)
      expect(await failure(act), call).to.match(new RegExp(`^TypeError: ${call}: expected `))
    expect(await failure(() => group.invite(nobody))).to.include('undefined when it finds nobody')
  })
})
