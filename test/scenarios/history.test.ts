/** A new device reads what was said before it came, from the one that let it in; one that a server minted gets nothing. */
import { expect } from 'chai'
import { linkCode } from '#src/client/crypto/linkCode.js'
import { completeLink, memoryStore, openClient, requestLink, Untrusted } from '#src/client/index.js'
import { startTamperingProxy, type Tampering } from '../client/support/tamperingProxy.js'
import { type LyingServer, startLyingServer } from '../client/support/lyingServer.js'
import { engineOf } from './engineOf.js'
import { groupOf, openHouse, type House, type Player } from './house.js'

describe('The history of a new device', () => {
  let house: House
  let alice: Player
  let phone: Player
  let round = 0
  before(async () => {
    house = await openHouse()
  })
  beforeEach(async () => {
    round++
    alice = await house.register(`alice${round}`)
    phone = await house.link(alice)
  })
  after(() => house.close())

  const archive = (text: string) => new Blob([text])
  const refusalOf = (attempt: Promise<unknown>): Promise<unknown> =>
    attempt.then(
      () => 'done',
      (error: unknown) => error,
    )
  const assetsOf = async ({ store }: Player): Promise<number> => {
    const { value } = await (await engineOf(store, house.server.url)).api.clientToken()
    const server = house.server.url.split(',')[0]!
    const answer = await fetch(`${server}/v1/assets`, { headers: { authorization: `Bearer ${value}` } })
    return ((await answer.json()) as { assets: readonly unknown[] }).assets.length
  }

  it('comes from the device that let it in, once the person compared what both screens show', async () => {
    const bob = await house.register(`bob${round}`)
    const group = await groupOf(alice, bob)
    await group.send('Before the phone')
    const code = await phone.client.linkCode()
    expect(await alice.client.linkCode(phone.client.client)).to.equal(code)
    expect(code).to.match(/^(\d{5} ){4}\d{5}$/)
    const said = JSON.stringify([{ group: group.id, text: 'Before the phone' }])
    await alice.client.offerHistory(phone.client.client, { code: code.replaceAll(' ', ''), archive: archive(said) })
    expect(await assetsOf(alice)).to.equal(1)
    const offered = await phone.untilEvent('historyOffered')
    expect(offered.by).to.equal(alice.client.client)
    const shown = await alice.client.linkCode(phone.client.client)
    const history = await phone.client.importHistory(offered, shown)
    expect(new TextDecoder().decode(await history.bytes())).to.equal(said)
    expect(alice.events.filter(({ type }) => type === 'historyOffered')).to.deep.equal([])
  })

  it('is of more than one piece, and over a restart of both', async () => {
    const bytes = new Uint8Array(300_000).map((_, index) => index % 251)
    const code = await phone.client.linkCode()
    alice = await alice.restart()
    await alice.client.offerHistory(phone.client.client, { code, archive: new Blob([bytes]) })
    await phone.untilEvent('historyOffered')
    const [offered] = phone.events.filter((event) => event.type === 'historyOffered')
    phone = await phone.restart()
    const history = await phone.client.importHistory(offered!, code)
    expect(await history.bytes()).to.deep.equal(bytes)
  })

  it('is not for a client of the same user whom another device let in, or the server minted, whatever its certificate', async () => {
    const minted = await house.link(phone)
    expect(await alice.client.clientsOf(alice.client.user)).to.include(minted.client.client)
    const code = await minted.client.linkCode()
    expect(await refusalOf(alice.client.linkCode(minted.client.client))).to.be.instanceOf(Untrusted)
    const attempt = alice.client.offerHistory(minted.client.client, { code, archive: archive('secret') })
    expect(await refusalOf(attempt)).to.be.instanceOf(Untrusted)
    expect(await assetsOf(alice)).to.equal(0)
    await minted.client.sync()
    expect((await minted.client.take()).map(({ type }) => type)).not.to.include('historyOffered')
  })

  it('does not leave where the two screens show different digits', async () => {
    const code = await phone.client.linkCode()
    const other = code.replace(/^\d/, (digit) => String((Number(digit) + 1) % 10))
    const attempt = alice.client.offerHistory(phone.client.client, { code: other, archive: archive('secret') })
    expect(await refusalOf(attempt)).to.be.instanceOf(Untrusted)
    expect(await assetsOf(alice)).to.equal(0)
  })

  it('leaves no archive behind where it was not offered, or called off, or cut short', async () => {
    const proxy = await startTamperingProxy(house.server.url.split(',')[0]!)
    // A client of the same store: alice herself is not live here.
    const client = await openClient({ server: proxy.url, store: alice.store, patienceMs: 0 })
    const code = await phone.client.linkCode()
    let callOff = new AbortController()
    const at = (wanted: RegExp, tampering: () => Tampering) => {
      proxy.tamper = ({ method, path }) => (wanted.test(`${method} ${path}`) ? tampering() : {})
    }
    const lost = () => ({ loseAnswer: true })
    const called = () => {
      callOff.abort(new Error('changed my mind'))
      return {}
    }
    const ends: readonly [RegExp, () => Tampering][] = [
      [/POST .*\/history/, lost],
      [/POST .*\/history/, called],
      [/PUT \/v1\/assets/, lost],
      [/PUT \/v1\/assets/, called],
      [/PATCH \/v1\/assets/, called],
    ]
    for (const [wanted, tampering] of ends) {
      callOff = new AbortController()
      at(wanted, tampering)
      const bytes = new Uint8Array(wanted.source.startsWith('PATCH') ? 2_500_000 : 1_000)
      const offer = { code, archive: new Blob([bytes]) }
      const attempt = client.within(callOff.signal).offerHistory(phone.client.client, offer)
      expect(await refusalOf(attempt), String(wanted)).to.be.instanceOf(Error)
      expect(await assetsOf(alice), String(wanted)).to.equal(0)
    }
    await client.close()
    await proxy.close()
  })

  it('shows other digits for another user, key or request', async () => {
    const bytes = (value: number) => new Uint8Array(32).fill(value)
    const parts = { user: 'alice', giver: bytes(1), newcomer: bytes(2), csrHash: bytes(3) }
    const codes = [
      parts,
      { ...parts, user: 'alicf' },
      { ...parts, giver: bytes(4) },
      { ...parts, newcomer: bytes(4) },
      { ...parts, csrHash: bytes(4) },
    ].map(linkCode)
    expect(new Set(await Promise.all(codes)).size).to.equal(5)
  })

  it('is not believed of anybody but the device that let this one in', async () => {
    const tablet = await house.link(alice)
    const code = await phone.client.linkCode()
    const theirs = await tablet.client.linkCode()
    await alice.client.offerHistory(tablet.client.client, { code: theirs, archive: archive('for the tablet') })
    const { by, offer } = await tablet.untilEvent('historyOffered')
    expect(await refusalOf(phone.client.importHistory({ by, offer }, code))).to.be.instanceOf(Untrusted)
    const fromTablet = { by: tablet.client.client, offer }
    expect(await refusalOf(phone.client.importHistory(fromTablet, code))).to.be.instanceOf(Untrusted)
    const misread = await refusalOf(tablet.client.importHistory({ by, offer }, code))
    expect(misread).to.be.instanceOf(Untrusted)
    expect(await refusalOf(tablet.client.importHistory({ by, offer: 'AAAA' }, theirs))).to.be.instanceOf(Untrusted)
  })

  describe('at a lying homeserver', () => {
    let lying: LyingServer
    before(async () => {
      lying = await startLyingServer(house.server.url)
    })
    after(() => lying.close())

    it('goes to no other key than the one whose request was let in', async () => {
      const tablet = await house.link(alice)
      type Listed = { readonly clients: readonly { readonly client: string; readonly keys: unknown }[] }
      const keysOf = (listed: Listed, client: string): unknown =>
        listed.clients.find((one) => one.client === client)?.keys
      lying.lie = (_method, path, answer) => {
        if (!path.endsWith('/clients')) return answer
        const listed = answer as Listed
        const keys = keysOf(listed, tablet.client.client)
        return { clients: listed.clients.map((one) => (one.client === phone.client.client ? { ...one, keys } : one)) }
      }
      const code = await phone.client.linkCode()
      await alice.client.close()
      const client = await openClient({ server: lying.url, store: alice.store })
      const attempt = client.offerHistory(phone.client.client, { code, archive: archive('secret') })
      expect(await refusalOf(attempt)).to.be.instanceOf(Untrusted)
      await client.close()
      alice = await alice.restart()
      expect(await assetsOf(alice)).to.equal(0)
    })

    it('cannot put its own request in the place of the new device’s: the screens differ', async () => {
      const [honest, malign] = [memoryStore(), memoryStore()]
      const options = { server: house.server.url, patienceMs: 60_000 }
      const wanted = await requestLink({ ...options, store: honest, user: alice.client.user })
      const swapped = await requestLink({ ...options, store: malign, user: alice.client.user })
      const thief = await completeLink({
        ...options,
        store: malign,
        approval: await alice.client.approveLink(swapped),
      })
      expect(wanted).not.to.equal(swapped)
      expect(await refusalOf(completeLink({ ...options, store: honest, approval: 'eyJ.e30.AA' }))).not.to.equal('done')
      const attempt = alice.client.offerHistory(thief.client, { code: '00000'.repeat(5), archive: archive('secret') })
      expect(await refusalOf(attempt)).to.be.instanceOf(Untrusted)
      await thief.close()
    })
  })
})
