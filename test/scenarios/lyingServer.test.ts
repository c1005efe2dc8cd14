/** A homeserver that lies about who somebody is: the SDK refuses what it hands out. */
import { expect } from 'chai'
import { type Client, createAccount, memoryStore, openClient, Untrusted } from '#src/client/index.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { type LyingServer, startLyingServer } from '../client/support/lyingServer.js'
import { makePeople } from '../client/support/people.js'
import { groupOf, openHouse, type Player, type House } from './house.js'

type Claim = { readonly keyPackages: readonly { readonly client: string; readonly keyPackage: string }[] }

describe('A lying homeserver', () => {
  let house: House
  let lying: LyingServer
  let alice: Player
  let bob: Player
  let mallory: Player
  before(async () => {
    house = await openHouse()
    lying = await startLyingServer(house.server.url)
    alice = await house.register('alice')
    bob = await house.register('bob')
    mallory = await house.register('mallory')
  })
  after(async () => {
    await house.close()
    await lying.close()
  })
  afterEach(() => {
    lying.lie = (_method, _path, answer) => answer
  })

  const throughTheLiar = async <T>(act: (client: Client) => Promise<T>): Promise<T> => {
    await alice.client.close()
    const client = await openClient({ server: lying.url, store: alice.store })
    const outcome = await act(client)
    await client.close()
    alice = await alice.restart()
    return outcome
  }

  const inviteThroughTheLiar = async (): Promise<unknown> => {
    await alice.client.close()
    const client = await openClient({ server: lying.url, store: alice.store })
    const group = await client.createGroup()
    const outcome = await group.invite(bob.client.user).catch((error: unknown) => error)
    const members = group.members().length
    await client.close()
    alice = await alice.restart()
    expect(members).to.equal(1)
    return outcome
  }

  it('cannot pass a self-made certificate with Bob’s name off as Bob', async () => {
    const forgers = await makePeople('localhost')
    const forged = await forgers.person(bob.client.user, bob.client.client)
    const keyPackage = toBase64url((await forged.keyPackage()).message)
    lying.lie = (_method, path, answer) =>
      path.endsWith('/keyPackages/claim')
        ? { ...(answer as Claim), keyPackages: [{ ...(answer as Claim).keyPackages[0], keyPackage }] }
        : answer
    const outcome = await inviteThroughTheLiar()
    expect(outcome).to.be.instanceOf(Untrusted)
    expect(String(outcome)).to.include('leads to no known root')
  })

  it('cannot pass Mallory’s genuine certificate off as Bob’s', async () => {
    const group = await groupOf(bob)
    const { keyPackages } = await claimOf(mallory.client.user)
    lying.lie = (_method, path, answer) => {
      if (!path.endsWith('/keyPackages/claim')) return answer
      const claim = answer as Claim
      return { ...claim, keyPackages: [{ ...claim.keyPackages[0], keyPackage: keyPackages[0]!.keyPackage }] }
    }
    const outcome = await inviteThroughTheLiar()
    expect(outcome).to.be.instanceOf(Untrusted)
    expect(String(outcome)).to.include(`belongs to ${mallory.client.user}`)
    expect(group.members()).to.have.length(1)
  })

  it('cannot name another client of Bob’s than the one in the certificate', async () => {
    lying.lie = (_method, path, answer) => {
      if (!path.endsWith('/keyPackages/claim')) return answer
      const claim = answer as Claim
      return { ...claim, keyPackages: [{ ...claim.keyPackages[0], client: mallory.client.client }] }
    }
    expect(await inviteThroughTheLiar()).to.be.instanceOf(Untrusted)
  })

  describe('where Bob has removed a client, whose certificate it lists as revoked', () => {
    let lost: Player
    let kept: Claim['keyPackages'] = []
    let listed: unknown
    before(async () => {
      lost = await house.link(bob)
      lying.lie = (_method, path, answer) => {
        if (path.endsWith('/clients')) listed = answer
        if (!path.endsWith('/keyPackages/claim')) return answer
        kept = (answer as Claim).keyPackages.filter(({ client }) => client === lost.client.client)
        return { ...(answer as Claim), keyPackages: kept }
      }
      await throughTheLiar(async (client) => {
        await client.clientsOf(bob.client.user)
        await (await client.createGroup()).invite(bob.client.user)
      })
      expect(kept).to.have.length(1)
      await bob.client.removeClient(lost.client.client)
      await lost.client.close()
      await bob.until(async () => (await revokedAt(house.server.url)).length > 0)
    })

    it('cannot hand it out all the same', async () => {
      lying.lie = (_method, path, answer) =>
        path.endsWith('/keyPackages/claim') ? { ...(answer as Claim), keyPackages: kept } : answer
      const outcome = await inviteThroughTheLiar()
      expect(outcome).to.be.instanceOf(Untrusted)
      expect(String(outcome)).to.include('was revoked')
    })

    it('cannot have it written to', async () => {
      lying.lie = (_method, path, answer) => (path.endsWith('/clients') ? listed : answer)
      expect(JSON.stringify(listed)).to.include(lost.client.client)
      const clients = await throughTheLiar((client) => client.clientsOf(bob.client.user))
      expect(clients).to.deep.equal([bob.client.client])
    })
  })

  it('cannot list a client of its own among Bob’s', async () => {
    lying.lie = (_method, path, answer) => {
      if (!path.endsWith('/clients')) return answer
      const text = JSON.stringify(answer).replaceAll(bob.client.client, mallory.client.client)
      return JSON.parse(text) as unknown
    }
    await alice.client.close()
    const client = await openClient({ server: lying.url, store: alice.store })
    const outcome = await client.requestContact(bob.client.user, 'hello').catch((error: unknown) => error)
    await client.close()
    alice = await alice.restart()
    expect(outcome).to.be.instanceOf(Untrusted)
  })

  it('cannot give a newcomer the certificate of somebody else', async () => {
    const { certificates } = await registrationOf(lying)
    lying.lie = (method, path, answer) =>
      method === 'POST' && path === '/v1/users' ? { ...(answer as object), certificates } : answer
    const outcome = await createAccount({
      server: lying.url,
      handle: `victim-${Date.now().toString(36)}`,
      store: memoryStore(),
    }).catch((error: unknown) => error)
    expect(outcome).to.be.instanceOf(Untrusted)
  })

  it('cannot be another server than the one whose root the application knows', async () => {
    const { root } = await makePeople('localhost')
    const outcome = await createAccount({
      server: house.server.url,
      handle: `pinned-${Date.now().toString(36)}`,
      store: memoryStore(),
      roots: { localhost: root },
    }).catch((error: unknown) => error)
    expect(outcome).to.be.instanceOf(Untrusted)
  })

  /** What an honest claim answers, seen by the liar on its way. */
  const claimOf = async (user: string): Promise<Claim> => {
    let seen: unknown
    lying.lie = (_method, path, answer) => {
      if (path.endsWith('/keyPackages/claim')) seen = answer
      return answer
    }
    await bob.client.close()
    const client = await openClient({ server: lying.url, store: bob.store })
    await (await client.createGroup()).invite(user as Player['client']['user'])
    await client.close()
    bob = await bob.restart()
    return seen as Claim
  }
})

const revokedAt = async (url: string): Promise<readonly unknown[]> => {
  const answer = await fetch(`${url}/v1/revocations`)
  return ((await answer.json()) as { readonly revoked: readonly unknown[] }).revoked
}

/** The answer to somebody else's registration, seen by the liar. */
const registrationOf = async (lying: LyingServer): Promise<{ readonly certificates: readonly string[] }> => {
  let seen: unknown
  lying.lie = (method, path, answer) => {
    if (method === 'POST' && path === '/v1/users') seen = answer
    return answer
  }
  const client = await createAccount({
    server: lying.url,
    handle: `other-${Date.now().toString(36)}`,
    store: memoryStore(),
  })
  await client.close()
  return seen as { readonly certificates: readonly string[] }
}
