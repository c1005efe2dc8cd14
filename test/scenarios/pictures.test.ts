/** Pictures of people and groups: files that profiles show, seen by those who were told, and gone when another takes their place. */
import { expect } from 'chai'
import { type Group, openClient, type Picture } from '#src/client/index.js'
import { encodeRecord } from '#src/client/store/record.js'
import { type LyingServer, startLyingServer } from '../client/support/lyingServer.js'
import { groupAt, groupOf, openHouse, type House, type Player } from './house.js'

const dayMs = 24 * 3_600_000

describe('Pictures', () => {
  let house: House
  let lying: LyingServer
  let people = 0
  let alice: Player
  let bob: Player
  let group: Group
  before(async () => {
    house = await openHouse()
    lying = await startLyingServer(house.server.url.split(',')[0]!)
  })
  beforeEach(async () => {
    people++
    alice = await house.register(`alice${people}`)
    bob = await house.register(`bob${people}`)
    group = await groupOf(alice, bob)
  })
  after(async () => {
    await lying.close()
    await house.close()
  })

  const file = (text: string): File => new File([text], 'me.png', { type: 'image/png' })
  const shownBy = async (picture: Picture | undefined): Promise<string | undefined> =>
    picture === undefined ? undefined : new TextDecoder().decode(await picture.download().bytes())
  const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => 'answered',
      (error: unknown) => (error as { readonly code?: unknown }).code ?? error,
    )
  const pictureAt = async (at: Player, of: Player): Promise<Picture | undefined> =>
    (await at.client.profileOf(of.client.user))?.picture
  const groupPictureAt = async (at: Player): Promise<Picture | undefined> =>
    (await groupAt(at, group).profile())?.picture

  it('of a person are seen by the members of its groups; after a change the old one is gone', async () => {
    await alice.client.setProfile({ name: 'Alice', picture: file('young') })
    await alice.client.sync()
    const young = await bob.until(() => pictureAt(bob, alice))
    expect(young).to.include({ contentType: 'image/png', size: 5 })
    expect(await shownBy(young)).to.equal('young')
    expect(structuredClone(young)).to.deep.equal(young)

    await alice.client.setProfile({ name: 'Alice', picture: file('older') })
    expect(await codeOf(shownBy(young))).to.equal('no-such-asset')
    await alice.client.sync()
    await bob.until(async () => (await pictureAt(bob, alice))?.url !== young.url)
    expect(await shownBy(await pictureAt(bob, alice))).to.equal('older')

    // Another name, and the same picture; then none.
    const own = await alice.client.profileOf(alice.client.user)
    await alice.client.setProfile({ ...own, name: 'Alice A.' })
    await alice.client.sync()
    await bob.until(async () => (await bob.client.profileOf(alice.client.user))?.name === 'Alice A.')
    const older = await pictureAt(bob, alice)
    expect(await shownBy(older)).to.equal('older')
    await alice.client.setProfile({ name: 'Alice' })
    expect(await pictureAt(alice, alice)).to.equal(undefined)
    expect(await codeOf(shownBy(older))).to.equal('no-such-asset')
  })

  it('are changed by another device of the person, and the old one goes', async () => {
    const phone = await house.link(alice)
    await group.invite(alice.client.user)
    await phone.until(() => phone.client.groups().some(({ id }) => id === group.id))
    await alice.client.setProfile({ name: 'Alice', picture: file('young') })
    await alice.client.sync()
    const young = await phone.until(() => pictureAt(phone, alice))
    await phone.client.setProfile({ name: 'Alice', picture: file('older') })
    expect(await codeOf(shownBy(young))).to.equal('no-such-asset')
  })

  it('are nothing to whom nobody told, nor to who was blocked', async () => {
    const carol = await house.register(`carol${people}`)
    await alice.client.block(bob.client.user)
    await alice.client.setProfile({ name: 'Alice', picture: file('for friends') })
    await group.send('It is me')
    await bob.untilText('It is me')
    await bob.untilEvent('userProfileChanged')
    for (const stranger of [bob, carol]) expect(await pictureAt(stranger, alice)).to.equal(undefined)
    const picture = (await pictureAt(alice, alice))!
    expect(await shownBy(picture)).to.equal('for friends')
    const [guessed] = carol.client.attachmentsOf({
      content: { type: 'attachment', attachment: { ...picture, key: new Uint8Array(32) } } as never,
    })
    expect(await codeOf(guessed!.download().bytes())).to.equal('no-such-asset')
  })

  it('of a group are seen by its members beside what its application wrote, and go with another', async () => {
    await group.setProfile({ name: 'Chess', picture: file('a board'), people: { a: 1 } })
    const board = await bob.until(() => groupPictureAt(bob))
    expect(await shownBy(board)).to.equal('a board')
    const profile = await groupAt(bob, group).profile()
    expect(profile?.name).to.equal('Chess')
    // As an application reads it that knows of no pictures.
    expect(JSON.parse(new TextDecoder().decode(profile?.data))).to.deep.include({ name: 'Chess', people: { a: 1 } })

    // Bytes that name the same picture keep it.
    await group.setProfile(profile!.data!)
    expect(await shownBy(await groupPictureAt(alice))).to.equal('a board')
    await group.setProfile({ name: 'Chess', picture: file('a knight') })
    expect(await codeOf(shownBy(board))).to.equal('no-such-asset')
    await bob.until(async () => (await shownBy(await groupPictureAt(bob).catch(() => undefined))) === 'a knight')
    const knight = await groupPictureAt(alice)
    await group.setProfile('Draughts')
    expect(await groupPictureAt(alice)).to.equal(undefined)
    expect(await codeOf(shownBy(knight))).to.equal('no-such-asset')
  })

  it('of a group cannot have a member delete what it shows elsewhere', async () => {
    await alice.client.setProfile({ name: 'Alice', picture: file('mine') })
    await alice.client.sync()
    const mine = await bob.until(() => pictureAt(bob, alice))
    await group.setRole(bob.client.user, 'admin')
    await bob.until(
      async () => (await codeOf(groupAt(bob, group).setProfile({ name: 'Trap', picture: mine }))) === 'answered',
    )
    await alice.until(async () => (await groupPictureAt(alice))?.url === mine.url)
    await group.setProfile({ name: 'No trap' })
    expect(await shownBy(mine)).to.equal('mine')
  })

  it('that a profile could not take leave nothing behind', async () => {
    expect(await codeOf(groupAt(bob, group).setProfile({ name: 'Mine', picture: file('not an admin') }))).to.equal(
      'not-allowed',
    )
    expect(await assetsOf(bob)).to.deep.equal([])
    await bob.client.setProfile({ name: 'Bob', picture: file('once') })
    expect(await assetsOf(bob)).to.have.length(1)
    expect(await codeOf(bob.client.setProfile({ name: 'x'.repeat(70_000), picture: file('twice') }))).to.equal(
      'too-large',
    )
    expect(await assetsOf(bob)).to.have.length(1)
    expect(await shownBy(await pictureAt(bob, bob))).to.equal('once')
  })

  const assetsOf = async (player: Player): Promise<readonly string[]> =>
    (await player.store.keys('picture/')).map((key) => key.slice('picture/'.length))

  it('that a crash left behind, before the profile had them or after, go with the next look', async () => {
    await alice.client.setProfile({ name: 'Alice', picture: file('left') })
    const left = await pictureAt(alice, alice)
    await alice.client.close()
    const stray = { of: alice.client.user, state: 'stray' }
    await alice.store.write([{ key: `picture/${left!.url}`, value: encodeRecord(stray) }])
    alice = await alice.restart()
    await alice.client.sync()
    expect(await assetsOf(alice)).to.deep.equal([])
    expect(await codeOf(shownBy(await pictureAt(alice, alice)))).to.equal('no-such-asset')
  })

  it('are kept for as long as they are shown, and looked after once a day', async () => {
    await alice.client.setProfile({ name: 'Alice', picture: file('me') })
    await group.setProfile({ name: 'Chess', picture: file('a board') })
    const shown = [(await pictureAt(alice, alice))?.url, (await groupPictureAt(alice))?.url]
    await alice.client.close()
    let left = 91 * dayMs
    const asked: string[] = []
    lying.lie = (method, path, answer) => {
      if (path === '/v1/assets' || path.endsWith('/renewal')) asked.push(`${method} ${decodeURIComponent(path)}`)
      if (path !== '/v1/assets' || method !== 'GET') return answer
      const { assets } = answer as { readonly assets: readonly object[] }
      const unknown = { ...assets[0], asset: `${shown[0]!.slice(0, -4)}AAAA` }
      return {
        ...(answer as object),
        assets: [...assets, unknown].map((asset) => ({ ...asset, expires: Date.now() + left })),
      }
    }
    const client = await openClient({ server: lying.url, store: alice.store })
    const day = async (): Promise<readonly string[]> => {
      asked.length = 0
      await alice.store.write([{ key: 'picturesRenewed', value: encodeRecord({ at: Date.now() - dayMs }) }])
      await client.sync()
      await client.sync()
      return asked
    }
    expect(await day()).to.deep.equal(['GET /v1/assets'])
    left = 89 * dayMs
    expect(await day()).to.have.members([
      'GET /v1/assets',
      ...shown.map((asset) => `POST /v1/assets/${asset!}/renewal`),
    ])
    await client.close()
  })
})
