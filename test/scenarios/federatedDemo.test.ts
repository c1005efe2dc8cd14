/** `npm run demo -- federation`, as a newcomer runs it: three server processes, crash and partition included. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { usage } from '../../demo/options.js'
import { whoAskedWhom } from '../../demo/federation/whoAskedWhom.js'

const main = new URL('../../demo/main.js', import.meta.url).pathname
const run = (...args: readonly string[]) => promisify(execFile)(process.execPath, [main, ...args])

describe('the demo of federation', () => {
  it('plays to its end, and nobody saw less, more or another order, or asked a server that is not theirs', async () => {
    const { stdout } = await run('federation')
    expect(stdout.trimEnd().split('\n').at(-1)).to.match(
      /^\d+ messages said, \d+ read; each once and in order, and each client asked its own server alone$/,
    )
    for (const [name, domain] of [
      ['alice', 'a.example'],
      ['bob', 'b.example'],
      ['carol', 'c.example'],
    ] as const)
      expect(stdout.match(new RegExp(`^ {3}· ${name} asked .*$`, 'gm')))
        .to.have.length(1)
        .and.match(new RegExp(domain))
  })

  it('says how it is called', async () => {
    expect((await run('--help')).stdout.trim()).to.equal(usage)
    const refused: unknown = await run('federations').catch((error: unknown) => error)
    expect(refused).to.include({ code: 64 }).and.to.have.property('stderr').that.includes('there is no demo')
  })
})

describe('the capture of who asked whom', () => {
  const door = (host: string, requests: number) => ({ host, requests: () => requests })
  const places = [
    { domain: 'a.example', door: door('127.0.0.1:1', 3), ways: new Map([['b.example', door('127.0.0.1:3', 2)]]) },
    { domain: 'b.example', door: door('127.0.0.1:2', 1), ways: new Map() },
  ]
  const asked = (name: string, host: string, requests: number) => ({ name, host, requests, websockets: 1 })
  const homes = { alice: 'a.example', bob: 'b.example' }
  const faultsOf = (...all: readonly ReturnType<typeof asked>[]) => whoAskedWhom(all, places, homes).faults

  it('has no fault where each asked its own server', () => {
    expect(faultsOf(asked('alice', '127.0.0.1:1', 2), asked('bob', '127.0.0.1:2', 0))).to.deep.equal([])
  })

  it('tells of a client at another server, of one at no door, of one that is not known, and of what it did not see', () => {
    const fine = [asked('alice', '127.0.0.1:1', 2), asked('bob', '127.0.0.1:2', 0)]
    expect(faultsOf(...fine, asked('alice', '127.0.0.1:2', 1))).to.deep.equal([
      'alice asked b.example, which is not the own server',
    ])
    expect(faultsOf(...fine, asked('alice', '127.0.0.1:3', 1))).to.deep.equal([
      'alice asked 127.0.0.1:3, which is not the own server',
    ])
    expect(faultsOf(...fine, asked('nobody known', '127.0.0.1:1', 1))).to.have.length(1)
    expect(faultsOf(asked('alice', '127.0.0.1:1', 1), asked('bob', '127.0.0.1:2', 0))).to.deep.equal([
      'a.example was asked 3 times, 2 are known',
    ])
  })
})
