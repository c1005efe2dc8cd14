/** People of two servers meet: every call that names a user or a client, made by the client of another server. */
import { expect } from 'chai'
import { isRefusal, type MessageEvent } from '#src/client/index.js'
import { sealLetter } from '#src/client/account/contactSecrecy.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import type { Domain } from '#src/mls/wire/ids.js'
import { engineOf } from './engineOf.js'
import { openFederated } from './federated.js'
import { groupAt, groupOf } from './house.js'
import type { House, Player } from './house.js'

const operator = 'hs_op_OperatorOfThisScenario0123456789'

describe('people of two servers', () => {
  let houses: readonly House[] = []
  let [a, b]: readonly House[] = []
  let pairs = 0
  let [alice, bob]: Player[] = []
  before(async () => {
    houses = await openFederated(['a.example', 'b.example'], { OPERATOR_TOKEN: operator })
    ;[a, b] = houses
  })
  beforeEach(async () => {
    pairs++
    ;[alice, bob] = [await a!.register(`alice${pairs}`), await b!.register(`bob${pairs}`)]
  })
  after(async () => {
    for (const house of houses) await house.close()
  })

  const refusalOf = async (asked: Promise<unknown>): Promise<unknown> => {
    const error: unknown = await asked.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    return isRefusal(error) ? error.code : error
  }
  const contactsOf = async ({ client }: Player): Promise<readonly string[]> =>
    (await client.contacts()).contacts.map(({ user }) => user)

  it('ask each other for contact, with letters that their clients alone can read, and answer', async () => {
    await bob!.client.setProfile({ name: 'Bob' })
    const request = await alice!.client.requestContact(bob!.client.user, 'hello b')
    const asked = await bob!.untilEvent('request')
    expect(asked).to.include({ from: alice!.client.user, text: 'hello b' })
    await bob!.client.acceptRequest(asked.request, 'hello a')
    const answered = await alice!.untilEvent('requestAccepted')
    expect(answered).to.include({ request, by: bob!.client.user, text: 'hello a' })
    expect(await contactsOf(alice!)).to.deep.equal([bob!.client.user])
    expect(await contactsOf(bob!)).to.deep.equal([alice!.client.user])
    expect(await alice!.client.profileOf(bob!.client.user)).to.deep.equal({ name: 'Bob' })
    expect(await refusalOf(alice!.client.requestContact(bob!.client.user, 'again'))).to.equal('already-exists')
  })

  it('do not believe a letter of whose server another root is said, and hear of it', async () => {
    const engine = await engineOf(bob!.store, b!.server.url)
    const another = await alice!.client.rootFingerprint('a.example')
    const lying = { ...engine, roots: { ...engine.roots, of: () => engine.roots.of('a.example' as Domain) } }
    const letter = await sealLetter(lying, alice!.client.user, 'it is bob')
    await engine.api.contacts.request('another-root', alice!.client.user, letter)
    expect(await alice!.untilEvent('request')).to.include({ from: bob!.client.user, text: '' })
    const pinned = await bob!.client.rootFingerprint('b.example')
    expect(await alice!.untilEvent('untrusted')).to.deep.include({ domain: 'b.example', pinned, offered: another })
  })

  it('hear a no, and may ask again', async () => {
    for (let n = 1; n <= 2; n++) {
      await alice!.client.requestContact(bob!.client.user, `the ${n}th time`)
      const asked = await bob!.until(async () => (await bob!.client.requests())[0])
      expect(asked.text).to.equal(`the ${n}th time`)
      await bob!.client.rejectRequest(asked.request)
      await alice!.until(() => alice!.events.filter(({ type }) => type === 'requestRejected').length === n)
    }
    expect(await contactsOf(alice!)).to.deep.equal([])
  })

  it('block, which tells nobody: what was asked is never answered, and whoever blocks is not there', async () => {
    await alice!.client.requestContact(bob!.client.user, 'hello')
    await bob!.untilEvent('request')
    await bob!.client.block(alice!.client.user)
    expect(await bob!.client.requests()).to.deep.equal([])
    expect(await refusalOf(alice!.client.clientsOf(bob!.client.user))).to.equal('no-such-user')
    expect(await alice!.client.profileOf(bob!.client.user)).to.equal(undefined)
    expect(await refusalOf(groupOf(alice!, bob!))).to.equal('no-such-user')
    // As a client would that has no key to seal a letter to.
    const other = await a!.register(`other${pairs}`)
    await bob!.client.block(other.client.user)
    const { api } = await engineOf(other.store, a!.server.url)
    await api.contacts.request('blocked', bob!.client.user, new Uint8Array(3))
    await bob!.client.unblock(alice!.client.user)
    expect(await alice!.client.clientsOf(bob!.client.user)).to.deep.equal([bob!.client.client])
    expect(await bob!.client.requests()).to.deep.equal([])
    expect(other.events.map(({ type }) => type)).to.deep.equal([])
  })

  it('give KeyPackages to contacts alone, where they want it so', async () => {
    await bob!.client.changeAccount({ claims: 'contacts' })
    expect(await refusalOf(groupOf(alice!, bob!))).to.equal('not-allowed')
    await alice!.client.requestContact(bob!.client.user, 'hello')
    await bob!.client.acceptRequest((await bob!.untilEvent('request')).request)
    await alice!.untilEvent('requestAccepted')
    const group = await groupOf(alice!, bob!)
    await group.send('now')
    await bob!.untilText('now')
    await alice!.client.changeAccount({ claims: 'contacts' })
    await groupOf(bob!, alice!)
  })

  it('see each other’s clients, until one is removed', async () => {
    const phone = await b!.link(bob!)
    expect(await alice!.client.clientsOf(bob!.client.user)).to.have.members([bob!.client.client, phone.client.client])
    const isRevoked = async (certificates: readonly Uint8Array[]): Promise<boolean> =>
      (await engineOf(alice!.store, a!.server.url)).isRevoked(certificates)
    const ofPhone = await engineOf(phone.store, b!.server.url)
    const ofBob = await engineOf(bob!.store, b!.server.url)
    await bob!.client.removeClient(phone.client.client)
    await alice!.until(async () => (await alice!.client.clientsOf(bob!.client.user)).length === 1)
    await alice!.until(() => isRevoked(ofPhone.account.certificates))
    expect(await isRevoked(ofBob.account.certificates)).to.equal(false)
  })

  it('stay hidden, but for those whom they ask', async () => {
    await bob!.client.changeAccount({ discovery: 'hidden' })
    expect(await alice!.client.findUser(`${bob!.handle}@b.example`)).to.equal(undefined)
    expect(await refusalOf(alice!.client.clientsOf(bob!.client.user))).to.equal('no-such-user')
    await bob!.client.requestContact(alice!.client.user, 'it is me')
    await alice!.client.acceptRequest((await alice!.untilEvent('request')).request, 'welcome')
    expect(await bob!.untilEvent('requestAccepted')).to.include({ text: 'welcome' })
  })

  it('are told once both servers are there again, whichever was away', async () => {
    const { api } = await engineOf(alice!.store, a!.server.url)
    await b!.server.crash()
    await api.contacts.request('while-b-is-away', bob!.client.user, new Uint8Array(3))
    await a!.server.crash()
    await b!.server.restart()
    await a!.server.restart()
    const asked = await bob!.untilEvent('request')
    await bob!.client.acceptRequest(asked.request)
    await alice!.untilEvent('requestAccepted')
    expect(bob!.events.filter(({ type }) => type === 'request')).to.have.length(1)
  })

  it('know that somebody is gone', async () => {
    await alice!.client.requestContact(bob!.client.user, 'hello')
    await bob!.client.acceptRequest((await bob!.untilEvent('request')).request)
    await alice!.untilEvent('requestAccepted')
    await bob!.client.deleteAccount()
    await alice!.until(async () => (await contactsOf(alice!)).length === 0)
  })

  it('report what was said in a group of the other server, to its operator', async () => {
    const group = await groupOf(alice!, bob!)
    await group.send('nobody else must read this')
    await bob!.untilText('nobody else must read this')
    const said = bob!.events.find((event): event is MessageEvent => event.type === 'message')!
    expect(said).to.include({ reportable: true })
    const report = await said.report({ category: 'harassment', note: 'each night' })
    const [operatorUrl] = a!.server.url.split(',')
    const answer = await fetch(`${operatorUrl}/v1/operator/reports/${report}?why=review`, {
      headers: { authorization: `Bearer ${operator}` },
    })
    const shown = (await answer.json()) as { note: string; accused: string; reporter: string; evidence: object }
    expect([shown.note, shown.accused, shown.reporter]).to.deep.equal([
      'each night',
      alice!.client.user,
      bob!.client.user,
    ])
    expect(shown.evidence).to.have.property('content', toBase64url(said.evidence!.content))
    expect(await refusalOf(said.report({ category: 'spam' }))).to.equal('already-exists')
    const lie = { ...said, from: { user: bob!.client.user } }
    expect(
      await refusalOf(groupAt(bob!, group).report({ ...lie, evidence: said.evidence! }, { category: 'other' })),
    ).to.equal('evidence-refused')
  })
})
