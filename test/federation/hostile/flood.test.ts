/** Servers that begin more than they end: what is in hand of each is bounded, and that of the others is theirs. */
import { request as httpRequest } from 'node:http'
import type { ClientRequest } from 'node:http'
import { expect } from 'chai'
import { signRequest } from '#src/federation/signatures/requestSignature.js'
import type { Domain } from '#src/mls/wire/ids.js'
import { forge, newNonce } from '../../api/peers/forged.js'
import { nameOf, openPeerHouse } from '../../api/peers/peerHouse.js'
import type { PeerHouse } from '../../api/peers/peerHouse.js'

const [a, b, c] = [nameOf('a.example'), nameOf('b.example'), nameOf('c.example')]
const rates = { requestsPerNewPeer: { burst: 10_000, everyMs: 1 }, requestsPerPeer: { burst: 10_000, everyMs: 1 } }

describe('a server that sends without end', () => {
  let open: PeerHouse[] = []
  let begun: ClientRequest[] = []
  afterEach(async () => {
    for (const request of begun) request.destroy()
    for (const house of open) await house.close()
    ;[open, begun] = [[], []]
  })

  const houses = async (known: readonly Domain[] = []) => {
    const map = new Map<Domain, string>()
    const policy = { byDefault: 'open', named: new Set(known) } as const
    const target = await openPeerHouse(b, map, { policy, rates })
    const [flooding, other] = [await openPeerHouse(a, map), await openPeerHouse(c, map)]
    open.push(target, flooding, other)
    return { target, flooding, other, map }
  }

  /** A request that is signed as it should be, and whose body never comes. */
  const begin = (from: PeerHouse, to: PeerHouse, length: number | 'unsaid'): void => {
    const target = '/federation/v1/greetings/r1'
    const created = Math.floor(to.clock.now() / 1_000)
    const asked = { method: 'POST', authority: to.domain, target, contentType: 'application/json' }
    const whom = { source: from.domain, destination: to.domain, body: new Uint8Array() }
    const stamp = { created, expires: created + 30, nonce: newNonce() }
    const signed = signRequest({ ...asked, ...whom }, stamp, from.signingKey())
    const lengthSaid = length === 'unsaid' ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(length) }
    const request = httpRequest(to.at + target, { method: 'POST', headers: { ...signed, ...lengthSaid } })
    begun.push(request)
    request.on('error', () => undefined)
    request.flushHeaders()
  }
  /** It was let in once whoever asks after it is told that there is too much. */
  const untilBusy = async (from: PeerHouse, to: PeerHouse): Promise<void> => {
    while ((await forge(from, to)).status !== 429) continue
  }

  for (const length of [30_000, 'unsaid'] as const)
    it(`waits for what it began, where it is ${length === 'unsaid' ? 'of any length' : 'many'}, and nobody else does`, async () => {
      const { target, flooding, other } = await houses()
      const many = length === 'unsaid' ? 3 : 100
      for (let n = 0; n < many; n++) begin(flooding, target, length)
      await untilBusy(flooding, target)
      expect((await forge(other, target)).status).to.equal(201)
      for (const request of begun) request.destroy()
      let status = 429
      while (status === 429) ({ status } = await forge(flooding, target))
      expect(status).to.equal(201)
    })

  it('is counted with all under its registrable name, and those that are known are not kept by those that are not', async () => {
    const { target, other, map } = await houses([c])
    const strangers: PeerHouse[] = []
    for (const name of ['one.evil.example', 'two.evil.example', 'bad.example', 'worse.example']) {
      const stranger = await openPeerHouse(nameOf(name), map)
      strangers.push(stranger)
      open.push(stranger)
    }
    const [one, two, bad, worse] = strangers as [PeerHouse, PeerHouse, PeerHouse, PeerHouse]
    for (let n = 0; n < 3; n++) begin(one, target, 'unsaid')
    await untilBusy(two, target)
    begin(bad, target, 'unsaid')
    await untilBusy(worse, target)
    expect((await forge(other, target)).status).to.equal(201)
  })
})
