/** Clients whose machine's clock is off: what they sign is judged by the server's, which they learn from its answers. */
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { expect } from 'chai'
import { createAccount, memoryStore } from '#src/client/index.js'
import { openHouse, type House } from './house.js'

const hourMs = 3_600_000

describe('Clocks that are off', () => {
  const trueNow = Date.now
  let house: House
  let edge: { readonly url: string; readonly server: Server; readonly refused: string[]; shiftMs?: number }
  before(async () => {
    house = await openHouse()
    edge = await edgeTo(house.server.url)
  })
  afterEach(() => {
    Date.now = trueNow
  })
  after(async () => {
    edge.server.close()
    await house.close()
  })

  /** The server, but for a clock that its answers do not show; notes how often it refused a token. */
  const edgeTo = async (target: string): Promise<typeof edge> => {
    const refused: string[] = []
    const server = createServer((incoming, outgoing) => {
      outgoing.sendDate = false
      // It answers for itself, so it is not to be held to the document of the server behind it.
      if (incoming.url === '/openapi.json') {
        outgoing.writeHead(404).end()
        return
      }
      void buffer(incoming).then((body) => {
        const { method, url } = incoming
        const headers = { ...incoming.headers, host: new URL(target).host }
        const onward = request(
          target + (url ?? ''),
          { ...(method === undefined ? {} : { method }), headers },
          (answer) => {
            const { date: _, ...rest } = answer.headers
            const { shiftMs } = edge
            const date = shiftMs === undefined ? {} : { date: new Date(trueNow() + shiftMs).toUTCString() }
            if (url === '/v1/token' && answer.statusCode === 401) refused.push('clock-skew')
            outgoing.writeHead(answer.statusCode ?? 500, { ...rest, ...date })
            answer.pipe(outgoing)
          },
        )
        onward.end(body)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, refused }
  }

  for (const [how, offMs] of [
    ['ahead', 48 * hourMs],
    ['behind', -48 * hourMs],
    ['a little ahead', 15_000],
    ['a little behind', -60_000],
  ] as const)
    it(`${how}: learned from the answers' Date`, async () => {
      Date.now = () => trueNow() + offMs
      const handle = `a${Math.random().toString(36).slice(2, 10)}`
      const client = await createAccount({ server: house.server.url, store: memoryStore(), handle })
      const group = await client.createGroup()
      await group.send('hello')
      expect(await client.findUser(handle)).to.equal(client.user)
      await client.close()
    })

  it('learned from a refusal where answers carry no Date, and asked once more', async () => {
    Date.now = () => trueNow() + hourMs
    const handle = `b${Math.random().toString(36).slice(2, 10)}`
    const client = await createAccount({ server: edge.url, store: memoryStore(), handle })
    const group = await client.createGroup()
    await group.send('hello')
    await client.sync()
    await client.close()
    // Once by the registration, once by the client: each begins without knowing.
    expect(edge.refused).to.deep.equal(['clock-skew', 'clock-skew'])
  })

  it('tell members when their leaf is about to end: they renew it, once, the creator’s and a guest’s', async () => {
    const people = await Promise.all(
      ['c', 'd'].map((name) =>
        createAccount({
          server: edge.url,
          store: memoryStore(),
          handle: name + Math.random().toString(36).slice(2, 10),
        }),
      ),
    )
    const [creator, guest] = people
    const group = await creator!.createGroup()
    await group.invite(guest!.user)
    await guest!.sync()
    while (guest!.groups().length === 0) await guest!.sync()
    expect(group.epoch()).to.equal(1n)
    // Neither leaf was made by a Commit: one of Adds alone needs no path.
    edge.shiftMs = 70 * 24 * hourMs
    for (const person of people) for (let n = 0; n < 2; n++) await person.sync()
    await creator!.sync()
    const there = guest!.group(group.id)
    while (there.epoch() !== group.epoch()) await guest!.sync()
    expect(group.epoch()).to.equal(3n)
    for (const person of people) for (let n = 0; n < 2; n++) await person.sync()
    expect([group.epoch(), there.epoch()]).to.deep.equal([3n, 3n])
    for (const person of people) await person.close()
  })
})
