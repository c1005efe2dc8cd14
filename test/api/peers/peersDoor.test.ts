/** The peers' door over real HTTP: who is let in as which server, and everybody who is not. */
import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'chai'
import { peerAggregate } from '#src/commands/peer/peer.js'
import { changePolicy } from '#src/commands/peer/peerActs.js'
import type { PeerPolicy } from '#src/events/peer.js'
import { peerStream } from '#src/events/peerOutbox.js'
import { signingKeyOf } from '#src/federation/signatures/signingKey.js'
import type { Domain } from '#src/mls/wire/ids.js'
import { reject } from '#src/streams/rejection.js'
import { derivedId } from '#src/streams/commandId.js'
import { forge, newNonce } from './forged.js'
import type { Forged } from './forged.js'
import { handClock, nameOf, openPeerHouse } from './peerHouse.js'
import type { PeerHouse, PeerHouseOptions } from './peerHouse.js'

const [a, b, c] = [nameOf('a.example'), nameOf('b.example'), nameOf('c.example')]
const start = 1_800_000_000_500

let open: PeerHouse[] = []
const houses = async (ofB: PeerHouseOptions = {}, ofA: PeerHouseOptions = {}) => {
  // Where nobody is.
  const map = new Map([[c, 'http://127.0.0.1:1']])
  const one = await openPeerHouse(a, map, ofA)
  const two = await openPeerHouse(b, map, ofB)
  open.push(one, two)
  return { one, two, map }
}

const greet = (from: PeerHouse, to: Domain, word = 'hello') =>
  from.peers.ask(to, {
    endpoint: 'greet',
    parameters: { room: 'r 1/2', loud: 'yes' },
    method: 'POST',
    contentType: 'application/json',
    body: Buffer.from(JSON.stringify({ word })),
    bytesMax: 10_000,
    timeoutMs: 10_000,
  })

const changed = async (house: PeerHouse, peer: Domain, policy: PeerPolicy, act: number): Promise<void> => {
  const command = { id: derivedId('test', 'policy', `${peer} ${act}`), bodyHash: 'test', at: house.clock.now() }
  await house.streams.execute(peerAggregate, peerStream(peer), command, changePolicy({ policy, act }))
}

const failure = (asked: Promise<unknown>): Promise<string> => asked.then(() => 'answered', String)

describe('the peers’ door', () => {
  afterEach(async () => {
    for (const house of open) await house.close()
    open = []
  })

  it('lets a server in by its signature; both know each other from then on', async () => {
    const { one, two } = await houses()
    const answer = await greet(one, b)
    expect([answer.status, JSON.parse(Buffer.from(answer.body).toString())]).to.deep.equal([
      201,
      { from: a, isKnown: false, room: 'r 1/2', word: 'hello' },
    ])
    expect(two.shown).to.deep.equal([a])
    for (const [house, other] of [
      [one, two],
      [two, one],
    ] as const) {
      const { root, keys } = other.own.directory
      expect(await house.facts(other.domain)).to.deep.equal([{ type: 'PeerSeen', data: { root, keys } }])
    }
    await greet(one, b)
    expect(await two.facts(a)).to.have.length(1)
    // Directories were asked for once.
    expect(one.asked.filter((line) => line.includes('.well-known'))).to.have.length(1)
    expect(two.asked.filter((line) => line.includes('.well-known'))).to.have.length(1)
  })

  it('takes what was signed, for whichever of its own names, and answers signed', async () => {
    const { one, two } = await houses()
    for (const authority of [b, 'federation.test'])
      expect((await forge(one, two, { authority })).status, authority).to.equal(201)
    const heard = await forge(one, two)
    expect(heard.headers.get('signature-input')).to.match(/^hs=\("@status" "content-digest" "signature";req\);created=/)
  })

  it('takes no command in maintenance, looks at none, and tells its directory all the same', async () => {
    let isOn = true
    const holdsCommands = () => (isOn ? reject({ code: 'maintenance' }) : undefined)
    const { one, two } = await houses({ holdsCommands })
    const heard = await forge(one, two)
    expect([heard.status, heard.headers.get('retry-after')]).to.deep.equal([503, '30'])
    expect(await failure(greet(one, b))).to.match(/^PeerUnreachable/)
    expect(await two.facts(a)).to.deep.equal([])
    expect((await fetch(`${two.at}/.well-known/mimi-protocol-directory`)).status).to.equal(200)
    isOn = false
    expect((await greet(one, b)).status).to.equal(201)
  })

  const refused: readonly (readonly [string, Forged])[] = [
    ['has no signature', { sent: { headers: { signature: undefined } } }],
    ['has no Signature-Input', { sent: { headers: { 'signature-input': undefined } } }],
    ['is for another server', { destination: c }],
    [
      'is for another server than its header says',
      { destination: c, sent: { headers: { 'homeserver-destination': b } } },
    ],
    ['is of another server than its header says', { source: c, sent: { headers: { 'homeserver-source': a } } }],
    ['is in the name of another server', { source: c }],
    ['is in our own name', { source: b }],
    ['is in the name of nobody', { sent: { headers: { 'homeserver-source': 'A Example' } } }],
    ['is signed for a name that is not ours', { authority: 'elsewhere.example' }],
    [
      'is signed for another name, whatever its Host',
      { authority: 'elsewhere.example', sent: { headers: { host: 'elsewhere.example' } } },
    ],
    ['has another path', { sent: { target: '/federation/v1/greetings/r2?loud=yes' } }],
    ['has the same path in other characters', { sent: { target: '/federation/v1/greetings/%72%31?loud=yes' } }],
    ['has another query', { sent: { target: '/federation/v1/greetings/r1?loud=no' } }],
    ['has another method', { sent: { method: 'PUT' } }],
    ['has another content-type', { sent: { headers: { 'content-type': 'application/x-www-form-urlencoded' } } }],
    [
      'has another digest',
      { sent: { headers: { 'content-digest': 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:' } } },
    ],
    ['has no digest', { sent: { headers: { 'content-digest': undefined } } }],
    ['holds for too long', { expires: Math.floor(start / 1_000) + 61 }],
    ['has no room for a nonce', { nonce: 'short' }],
    ['is signed by a key that nobody published', { key: signingKeyOf({ id: 'k', privateKey: pkcs8() }) }],
  ]
  for (const [what, forged] of refused) {
    it(`refuses a request that ${what}, and remembers nothing of it`, async () => {
      const { one, two } = await houses()
      const heard = await forge(one, two, forged)
      expect(heard.status, JSON.stringify(heard.body)).to.be.oneOf(what === 'has another method' ? [405] : [401, 503])
      expect([await two.facts(a), await two.facts(c), two.shown]).to.deep.equal([[], [], []])
      // It is not worth a signature either.
      expect(heard.headers.get('signature')).to.equal(null)
    })
  }

  it('refuses a key of the right name that is not the one published', async () => {
    const { one, two } = await houses()
    const { id } = one.signingKey()
    expect((await forge(one, two, { key: signingKeyOf({ id, privateKey: pkcs8() }) })).status).to.equal(401)
  })

  it('refuses another body than the one that was signed, and says so signed', async () => {
    const { one, two } = await houses()
    const heard = await forge(one, two, { sent: { body: '{"word":"other"}' } })
    expect([heard.status, heard.body['code']]).to.deep.equal([400, 'malformed'])
    expect(heard.headers.get('signature')).to.not.equal(null)
    const empty = await forge(one, two, { sent: { body: '' } })
    expect([empty.status, empty.body['code']]).to.deep.equal([400, 'malformed'])
  })

  it('takes a nonce once from each, and only of who can sign', async () => {
    const { one, two, map } = await houses()
    const three = await openPeerHouse(c, map)
    open.push(three)
    const nonce = newNonce()
    const stranger = { nonce, key: signingKeyOf({ id: one.signingKey().id, privateKey: pkcs8() }) }
    expect((await forge(one, two, stranger)).status).to.equal(401)
    expect((await forge(one, two, { nonce })).status).to.equal(201)
    const again = await forge(one, two, { nonce })
    expect([again.status, again.body['detail']]).to.deep.equal([401, 'this nonce was used'])
    expect((await forge(three, two, { nonce })).status).to.equal(201)
    // As long as it could be taken again, and a while longer.
    two.clock.at += 29_000
    const created = Math.floor(start / 1_000)
    expect((await forge(one, two, { nonce, created })).status).to.equal(401)
  })

  it('takes what is of this time, and tells others what time it is', async () => {
    const { one, two } = await houses()
    const now = Math.floor(start / 1_000)
    for (const created of [now - 29, now, now + 10])
      expect((await forge(one, two, { created })).status, String(created)).to.equal(201)
    for (const created of [now - 31, now - 30, now + 11, now - 3_600]) {
      const { status, body } = await forge(one, two, { created })
      expect([status, body['code'], body['serverTime']], String(created)).to.deep.equal([401, 'clock-skew', start])
    }
  })

  it('that forgot what was used refuses what was made before, and a peer signs anew by its time', async () => {
    const { one, two } = await houses({ forgetsBefore: start })
    const before = await forge(one, two, { created: Math.floor(start / 1_000) })
    expect([before.status, before.body['code']]).to.deep.equal([401, 'clock-skew'])
    // Its clock is behind by more than a request is on its way.
    one.clock.at -= 120_000
    expect((await greet(one, b)).status).to.equal(201)
  })

  it('finds a new key by asking again, a minute later at the soonest, and forgets those that are published no more', async () => {
    const { one, two } = await houses()
    expect((await greet(one, b)).status).to.equal(201)
    const old = one.signingKey()
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const key = signingKeyOf({
      id: 'new',
      privateKey: new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' })),
    })
    const published = {
      id: 'new',
      publicKey: String(publicKey.export({ format: 'jwk' }).x),
      notBefore: start,
      notAfter: start + 1e9,
    }
    one.own.directory = { ...one.own.directory, keys: [published] }
    expect((await forge(one, two, { key })).status).to.equal(401)
    expect((await forge(one, two, { key: old })).status).to.equal(201)
    two.clock.at += 61_000
    expect((await forge(one, two, { key })).status).to.equal(201)
    expect((await forge(one, two, { key: old })).status).to.equal(401)
    expect((await two.facts(a)).map(({ type }) => type)).to.deep.equal([
      'PeerSeen',
      'PeerSignatureRefused',
      'PeerKeysChanged',
    ])
  })

  it('takes no key before its time or after it', async () => {
    const { one, two } = await houses()
    const [key] = one.own.directory.keys
    const times = [
      [{ notBefore: start + 71_000 }, 401],
      [{ notAfter: start - 71_000 }, 401],
      [{ notBefore: start + 60_000, notAfter: start + 61_000 }, 201],
    ] as const
    for (const [held, status] of times) {
      one.own.directory = { ...one.own.directory, keys: [{ ...key!, ...held }] }
      const other = await openPeerHouse(c, new Map([[a, one.at]]))
      open.push(other)
      expect((await forge(one, other)).status, JSON.stringify(held)).to.equal(status)
    }
    expect(two.shown).to.deep.equal([])
  })

  it('believes the keys it knows while the directory cannot be asked', async () => {
    const { one, two, map } = await houses()
    expect((await forge(one, two)).status).to.equal(201)
    map.set(a, 'http://127.0.0.1:1')
    two.clock.at += 2 * 3_600_000
    expect((await forge(one, two)).status).to.equal(201)
    const stranger = await openPeerHouse(c, map)
    open.push(stranger)
    map.set(c, 'http://127.0.0.1:1')
    const heard = await forge(stranger, two)
    expect([heard.status, heard.body['code'], heard.body['domains']]).to.deep.equal([503, 'peer-unreachable', [c]])
  })

  it('lets in nobody who is blocked, and asks nobody who is, from one moment to the next', async () => {
    const { one, two } = await houses()
    await changed(two, a, 'blocked', 1)
    const heard = await forge(one, two)
    expect([heard.status, heard.body['capability']]).to.deep.equal([403, 'federate'])
    expect(await failure(greet(two, a))).to.match(/PeerRefused.*we do not speak to it/)
    await changed(two, a, 'byDefault', 2)
    expect((await forge(one, two)).status).to.equal(201)
    await changed(two, a, 'blocked', 1)
    expect((await forge(one, two)).status).to.equal(201)
  })

  it('lets in only whom it allows, where that is its policy', async () => {
    const { one, two } = await houses({ policy: { byDefault: 'allow', named: new Set() } })
    expect((await forge(one, two)).status).to.equal(403)
    await changed(two, a, 'allowed', 1)
    expect((await forge(one, two)).status).to.equal(201)
    const { one: other, two: naming } = await houses({ policy: { byDefault: 'allow', named: new Set([a]) } })
    expect((await forge(other, naming)).status).to.equal(201)
    await changed(naming, a, 'blocked', 1)
    expect((await forge(other, naming)).status).to.equal(403)
  })

  it('has little time for those that are new, counted by their registrable name, until a week is over', async () => {
    const map = new Map<Domain, string>()
    const two = await openPeerHouse(b, map)
    const [chat, mail] = [
      await openPeerHouse(nameOf('chat.new.example'), map),
      await openPeerHouse(nameOf('mail.new.example'), map),
    ]
    open.push(two, chat, mail)
    const statuses: number[] = []
    for (const from of [chat, mail, chat, mail, chat]) statuses.push((await forge(from, two)).status)
    expect(statuses).to.deep.equal([201, 201, 201, 201, 429])
    expect((await forge(await other(map, a), two)).status).to.equal(201)
    two.clock.at += 7 * 24 * 3_600_000
    for (let n = 0; n < 20; n++) expect((await forge(chat, two)).status).to.equal(201)
  })

  it('counts strangers by their network too, and refuses where signatures failed again and again', async () => {
    const map = new Map<Domain, string>()
    const two = await openPeerHouse(b, map, { behindProxy: true })
    const one = await openPeerHouse(a, map)
    open.push(two, one)
    const from = (address: string, forged: Forged = {}) =>
      forge(one, two, { ...forged, sent: { headers: { 'x-forwarded-for': address } } })
    const statuses: number[] = []
    for (const address of ['198.51.100.1', '198.51.100.2', '198.51.100.3', '198.51.100.4', '198.51.100.5'])
      statuses.push((await from(address)).status)
    expect(statuses).to.deep.equal([201, 201, 201, 201, 429])
    two.clock.at += 10_000
    const bad = { key: signingKeyOf({ id: one.signingKey().id, privateKey: pkcs8() }) }
    let failures = 0
    while ((await from('203.0.113.9', bad)).status === 401 && failures < 60) {
      failures += 1
      two.clock.at += 600
    }
    expect(failures).to.be.within(20, 30)
    expect((await from('203.0.113.10')).status).to.equal(429)
    expect((await from('192.0.2.1')).status).to.equal(201)
  })

  it('has the ordinary budget for each that it knows, and few new names a day for all others', async () => {
    const once = { burst: 1, everyMs: 86_400_000 }
    const named = new Set([a])
    const { one, two, map } = await houses({
      policy: { byDefault: 'open', named },
      rates: { requestsPerPeer: { burst: 2, everyMs: 1_000 }, newPeersPerNetwork: once },
    })
    const statuses: number[] = []
    for (let n = 0; n < 3; n++) statuses.push((await forge(one, two)).status)
    expect(statuses).to.deep.equal([201, 201, 429])
    const [chat, mail] = [await other(map, nameOf('chat.new.example')), await other(map, nameOf('mail.new.example'))]
    const [first, second, third] = [await forge(chat, two), await forge(mail, two), await forge(chat, two)]
    expect([first.status, second.status, third.status]).to.deep.equal([201, 429, 201])
    expect(await two.facts(mail.domain)).to.deep.equal([])
  })

  it('keeps a server on probation while signatures in its name fail from where it asks from, and not for what others send', async () => {
    const map = new Map<Domain, string>()
    const two = await openPeerHouse(b, map, { behindProxy: true })
    const one = await openPeerHouse(a, map)
    open.push(two, one)
    const bad = { key: signingKeyOf({ id: one.signingKey().id, privateKey: pkcs8() }) }
    const known = async (): Promise<boolean> => (await two.trust.standingOf(a)).isKnown
    const from = (address: string, forged: Forged = {}) =>
      forge(one, two, { ...forged, sent: { headers: { 'x-forwarded-for': address } } })
    expect((await from('198.51.100.1')).status).to.equal(201)
    two.clock.at += 8 * 24 * 3_600_000
    expect((await from('203.0.113.1', bad)).status).to.equal(401)
    expect(await known()).to.equal(true)
    expect((await from('198.51.100.7', bad)).status).to.equal(401)
    expect(await known()).to.equal(false)
    // It is on record: other processes, and the next start, know it too.
    expect((await two.facts(a)).map(({ type }) => type)).to.include('PeerSignatureRefused')
    const { trust: another, close } = two.asking(undefined)
    expect((await another.standingOf(a)).isKnown).to.equal(false)
    await close()
    two.clock.at += 7 * 24 * 3_600_000
    expect(await known()).to.equal(true)
  })

  const other = async (map: Map<Domain, string>, domain: Domain): Promise<PeerHouse> => {
    const house = await openPeerHouse(domain, map, { clock: handClock(start) })
    open.push(house)
    return house
  }
})

function pkcs8(): Uint8Array {
  return new Uint8Array(generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }))
}
