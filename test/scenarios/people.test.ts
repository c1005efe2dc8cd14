/** Who people say to be: profiles told past the server, to those who share a group or were written to. */
import { expect } from 'chai'
import type { ProfileShare } from '#src/client/account/profiles.js'
import { encodeUserProfile } from '#src/client/content/userProfile.js'
import { sealProfile } from '#src/client/groups/profiles/profileKey.js'
import { openClient } from '#src/client/index.js'
import { decodeRecord } from '#src/client/store/record.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { type LyingServer, startLyingServer } from '../client/support/lyingServer.js'
import { groupAt, groupOf, openHouse, type House, type Player } from './house.js'

describe('The profile of a user', () => {
  let house: House
  let alice: Player
  let bob: Player
  let round = 0
  before(async () => {
    house = await openHouse()
  })
  beforeEach(async () => {
    round++
    alice = await house.register(`alice${round}`)
    bob = await house.register(`bob${round}`)
  })
  after(() => house.close())

  const picture = {
    contentType: 'image/png',
    url: 'https://example.org/alice.png',
    expires: 0,
    size: 3,
    encAlg: 0,
    key: new Uint8Array(),
    nonce: new Uint8Array(),
    aad: new Uint8Array(),
    hashAlg: 0,
    contentHash: new Uint8Array(),
    description: '',
    filename: 'alice.png',
  }
  const nameAt = async (at: Player, of: Player): Promise<string | undefined> =>
    (await at.client.profileOf(of.client.user))?.name
  const changesAt = (at: Player): number => at.events.filter(({ type }) => type === 'userProfileChanged').length

  it('reaches the members of its groups, and every version anew', async () => {
    const group = await groupOf(alice, bob)
    await alice.client.setProfile({ name: 'Alice', picture })
    expect(await nameAt(bob, alice)).to.equal(undefined)
    await alice.client.sync()
    expect(await bob.untilEvent('userProfileChanged')).to.deep.equal({
      type: 'userProfileChanged',
      user: alice.client.user,
    })
    expect(await bob.client.profileOf(alice.client.user)).to.deep.equal({ name: 'Alice', picture })
    expect(await nameAt(alice, alice)).to.equal('Alice')
    await alice.client.setProfile({ name: 'Alice A.' })
    await group.send('It is me')
    await bob.untilText('It is me')
    expect(await bob.client.profileOf(alice.client.user)).to.deep.equal({ name: 'Alice A.' })
    expect(changesAt(bob)).to.equal(2)
    expect(bob.texts()).to.deep.equal(['It is me'])
  })

  it('is told to who comes later: by who adds and who is added at once, by others before they speak', async () => {
    const carol = await house.register('carol')
    const group = await groupOf(alice, bob)
    for (const [player, name] of [
      [alice, 'Alice'],
      [bob, 'Bob'],
      [carol, 'Carol'],
    ] as const) {
      await player.client.setProfile({ name })
      await player.client.sync()
    }
    await bob.until(() => changesAt(bob) > 0)
    await group.invite(carol.client.user)
    await carol.until(async () => (await nameAt(carol, alice)) === 'Alice')
    for (const player of [alice, bob]) await player.until(async () => (await nameAt(player, carol)) === 'Carol')
    expect(await nameAt(carol, bob)).to.equal(undefined)
    await groupAt(bob, group).send('Welcome')
    await carol.untilText('Welcome')
    expect(await nameAt(carol, bob)).to.equal('Bob')
  })

  it('goes along with a connection request, and with the answer', async () => {
    await alice.client.setProfile({ name: 'Alice' })
    await bob.client.setProfile({ name: 'Bob' })
    const request = await alice.client.requestContact(bob.client.user, 'Hello')
    await bob.untilEvent('request')
    expect(await nameAt(bob, alice)).to.equal('Alice')
    await bob.client.acceptRequest(request)
    expect(await alice.untilEvent('requestAccepted')).to.include({ text: '' })
    expect(await nameAt(alice, bob)).to.equal('Bob')
  })

  it('is known to this user’s other clients in the same group, which are told that it changed', async () => {
    const phone = await house.link(alice)
    await groupOf(alice, phone)
    await alice.client.setProfile({ name: 'Alice' })
    await alice.client.sync()
    await phone.until(async () => (await nameAt(phone, alice)) === 'Alice')
    expect(changesAt(phone)).to.equal(2)
  })

  it('outlives a restart', async () => {
    await groupOf(alice, bob)
    await alice.client.setProfile({ name: 'Alice' })
    alice = await alice.restart()
    await bob.until(async () => (await nameAt(bob, alice)) === 'Alice')
    bob = await bob.restart()
    expect(await nameAt(bob, alice)).to.equal('Alice')
  })

  describe('at a lying homeserver', () => {
    let lying: LyingServer
    before(async () => {
      lying = await startLyingServer(house.server.url)
    })
    after(() => lying.close())

    it('cannot be another one than its user told, not even by who knows the key', async () => {
      await groupOf(alice, bob)
      await alice.client.setProfile({ name: 'Alice' })
      await alice.client.sync()
      await bob.untilEvent('userProfileChanged')
      await bob.client.close()
      const { key } = decodeRecord((await bob.store.get(`profile/${alice.client.user}`))!) as ProfileShare
      const forged = await sealProfile(key, alice.client.user, encodeUserProfile({ name: 'Mallory' }))
      lying.lie = (_method, path, answer) =>
        path.endsWith('/profile') ? { ...(answer as object), profile: toBase64url(forged) } : answer
      const client = await openClient({ server: lying.url, store: bob.store })
      expect(await client.profileOf(alice.client.user)).to.equal(undefined)
      lying.lie = (_method, _path, answer) => answer
      expect(await client.profileOf(alice.client.user)).to.deep.equal({ name: 'Alice' })
      await client.close()
    })
  })
})
