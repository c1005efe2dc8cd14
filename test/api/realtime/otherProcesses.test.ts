/** Signals between the processes of one server, over real HTTP: from one to the others, of nobody else, and never waited for. */
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { openMemoryProcesses } from '#src/adapters/memory/processes.js'
import { makePostToProcess } from '#src/adapters/system/postToProcess.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { withProcessDoor } from '#src/api/realtime/processDoor.js'
import { signalsPath, tellOtherProcesses } from '#src/delivery/signals/otherProcesses.js'
import type { OtherProcesses } from '#src/delivery/signals/otherProcesses.js'
import type { PassedSignal } from '#src/delivery/signals/passOn.js'
import { openPosts, processKey, signatureHeader, signPost } from '#src/delivery/signals/signedPost.js'
import { groupNumber } from '../../projections/queues/world.js'
import { silentLogger } from '../../support/silentLogger.js'

const key = processKey(new Uint8Array(32).fill(1))
const limits = { signalBytesMax: 2_048 }

type Running = {
  readonly name: string
  readonly url: string
  readonly heard: PassedSignal[]
  readonly told: OtherProcesses
}

describe('the processes of a server', () => {
  const processes = openMemoryProcesses()
  let stop: AbortController
  let servers: Server[]
  let loops: Promise<void>[]
  let now: number
  let pauses: number[]
  beforeEach(() => {
    ;[stop, servers, loops, now, pauses] = [new AbortController(), [], [], 1_000, []]
  })
  afterEach(async () => {
    stop.abort()
    await Promise.all(loops)
    for (const server of servers) server.closeAllConnections()
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  })

  /** `door`: false for one that nobody reaches. */
  const start = async (name: string, { door = true, under = key } = {}): Promise<Running> => {
    const heard: PassedSignal[] = []
    const passOn = (signal: PassedSignal): void => void heard.push(signal)
    const here = { open: openPosts(() => [under], name), passOn, now: () => now, limits }
    const server = createServer(
      withProcessDoor(door ? here : undefined, (_request, response) => void response.writeHead(404).end('elsewhere')),
    )
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const told = tellOtherProcesses({
      processes,
      post: makePostToProcess(signatureHeader),
      own: name,
      internalUrl: () => (door ? url : undefined),
      key: () => key,
      clock: {
        ...systemClock,
        now: () => now,
        sleep: (ms, signal) => {
          pauses.push(ms)
          return systemClock.sleep(ms / 50, signal)
        },
      },
      logger: silentLogger,
    })
    return { name, url, heard, told }
  }
  /** Each has announced itself and seen the others. */
  const lookAround = async (all: readonly Running[]): Promise<void> => {
    for (const { name, url } of all) await processes.announce({ process: name, internalUrl: url }, 1e6)
    for (const { told } of all) loops.push(told.run(stop.signal))
    await new Promise((resolve) => setImmediate(resolve))
  }
  const signal = (text: string): PassedSignal => ({ group: groupNumber(1), leafIndex: 2, bytes: Buffer.from(text) })
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) await new Promise((resolve) => setImmediate(resolve))
  }
  const texts = ({ heard }: Running): string[] => heard.map(({ bytes }) => Buffer.from(bytes).toString())

  it('tell each other, all of it in order, and not themselves', async () => {
    const [one, two, three] = [await start('one'), await start('two'), await start('three')]
    await lookAround([one, two, three])
    const words = Array.from({ length: 250 }, (_, n) => `s${n}`)
    for (const word of words) one.told.passOn(signal(word))
    await until(() => two.heard.length === 250 && three.heard.length === 250)
    expect([texts(two), texts(three), texts(one)]).to.deep.equal([words, words, []])
    expect(two.heard[0]).to.include({ group: groupNumber(1), leafIndex: 2 })
  })

  it('go on where one of them does not answer, and keep little for it', async () => {
    const [one, two] = [await start('one'), await start('two')]
    await processes.announce({ process: 'gone', internalUrl: 'http://127.0.0.1:9' }, 1e6)
    await lookAround([one, two])
    for (let n = 0; n < 5_000; n++) one.told.passOn(signal(`s${n}`))
    await until(() => texts(two).includes('s999'))
    expect(texts(two)).to.have.length.at.most(1_100)
    one.told.passOn(signal('later'))
    await until(() => texts(two).includes('later'))
    await processes.withdraw('gone')
  })

  it('know within a second who else has started, and who has gone', async () => {
    const [one, two] = [await start('one'), await start('two')]
    await lookAround([one])
    expect(one.told.count()).to.equal(0)
    await processes.announce({ process: two.name, internalUrl: two.url }, 1e6)
    await until(() => one.told.count() === 1)
    expect(Math.max(...pauses)).to.be.at.most(1_000)
    one.told.passOn(signal('good morning'))
    await until(() => texts(two).length === 1)
    await processes.withdraw(two.name)
    await until(() => one.told.count() === 0)
  })

  it('take nothing that is not signed by one of them for them now, nor twice, nor too much', async () => {
    const two = await start('two')
    const post = async (body: Uint8Array, signature: string): Promise<number> => {
      const headers = { [signatureHeader]: signature }
      return (await fetch(two.url + signalsPath, { method: 'POST', headers, body: Buffer.from(body) })).status
    }
    const signed = (to: string, at: number, under = key) => signPost(under, { to, at, signals: [signal('x')] })
    const right = signed('two', now)
    const wrongly = [
      { body: right.body, signature: '' },
      { body: Buffer.concat([right.body, Buffer.from(' ')]), signature: right.signature },
      signed('two', now, processKey(new Uint8Array(32).fill(2))),
      signed('three', now),
      signed('two', now - 10_001),
      signed('two', now + 10_001),
    ]
    for (const { body, signature } of wrongly) expect(await post(body, signature)).to.equal(403)
    expect(two.heard).to.deep.equal([])
    expect([await post(right.body, right.signature), await post(right.body, right.signature)]).to.deep.equal([204, 403])
    expect(texts(two)).to.deep.equal(['x'])
    expect(await post(Buffer.alloc(500_000), right.signature)).to.equal(400)
    expect((await fetch(two.url + signalsPath)).status).to.equal(404)
    const unreached = await start('three', { door: false })
    expect((await fetch(unreached.url + signalsPath, { method: 'POST' })).status).to.equal(404)
  })
})
