/** kill -9 amid each rotation, of the command or of the server or of both: it starts, serves by one consistent set, and ends the rotation. `KILLS=10`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { groupAt, groupOf, openHouse } from '../../scenarios/house.js'
import type { House, Player } from '../../scenarios/house.js'
import { homeserver } from './house.js'
import { cliProgram } from '../../support/programs.js'

const given = process.env['KILLS'] !== undefined
const kills = Number(process.env['KILLS'] ?? 1)
const OPERATOR_TOKEN = 'hs_op_OperatorOfEveryHouse0123456789'
const rotations = [
  ...['token', 'sealing', 'intermediate', 'push'].map((kind) => ['keys', 'rotate', kind, '--why', 'yearly']),
  ['keys', 'federation', '--at-once'],
]
const victims = ['command', 'server', 'both'] as const

type Key = { readonly kind: string; readonly name: string; readonly state: string }

describe('A rotation that is killed', function () {
  this.timeout(300_000 + kills * 60_000)
  let house: House
  let alice: Player
  let bob: Player
  before(async () => {
    house = await openHouse({ OPERATOR_TOKEN, FEDERATION: 'off' })
    ;[alice, bob] = [await house.register('alice'), await house.register('bob')]
    await groupOf(alice, bob)
  })
  after(() => house.close())

  const settings = () => ({ DATA_DIR: house.server.dataDir, OPERATOR_TOKEN })
  const keys = async (): Promise<readonly Key[]> => {
    const { code, out, said } = await homeserver(settings(), 'keys', 'list', '--json')
    expect(code, said).to.equal(0)
    return (JSON.parse(out) as { readonly keys: readonly Key[] }).keys
  }
  const isReady = async (): Promise<boolean> => {
    const answer = await fetch(`${house.server.url}/readyz`).catch(() => undefined)
    return answer?.status === 200
  }
  /** Whoever was killed a minute ago has no lock any more. */
  const aMinuteLater = (): void => {
    const lock = join(house.server.dataDir, 'keys', 'server', 'bundle.json.lock')
    if (existsSync(lock)) utimesSync(lock, 0, 0)
  }

  const killed = async (words: readonly string[], victim: (typeof victims)[number], afterMs: number): Promise<void> => {
    const env = { PATH: process.env['PATH'], ...settings() }
    const child = spawn(process.execPath, [cliProgram, ...words], { stdio: 'ignore', env })
    const ended = once(child, 'exit')
    await new Promise((resolve) => setTimeout(resolve, afterMs))
    if (victim !== 'server') child.kill('SIGKILL')
    if (victim !== 'command') await house.server.crash()
    await ended
    if (victim === 'command') await house.server.crash()
    await house.server.restart()
  }

  /** All of them costs a minute. */
  const someOf = (all: typeof victims) => (given ? all : [all[Math.floor(Math.random() * all.length)] ?? 'both'])

  for (const words of rotations)
    it(`leaves a server that serves by one set of keys: homeserver ${words.slice(0, 3).join(' ')}`, async () => {
      const kind = words[2] === '--at-once' ? 'federation' : String(words[2])
      const count = async (): Promise<number> => (await keys()).filter((key) => key.kind === kind).length
      for (let n = 0; n < kills; n++)
        for (const victim of someOf(victims)) {
          await killed(words, victim, 250 + Math.random() * 900)
          while (!(await isReady())) await new Promise((resolve) => setTimeout(resolve, 50))
          const found = await keys()
          expect(found.filter(({ state }) => state === 'missing')).to.deep.equal([])
          for (const one of ['root', 'handle', 'token', 'sealing', 'intermediate', 'push', 'federation']) {
            const current = found.filter((key) => key.kind === one && key.state === 'current')
            expect(current, `${one} after ${victim}`).to.have.length(1)
          }
        }
      aMinuteLater()
      const before = await count()
      const again = await homeserver(settings(), ...words)
      expect(again.code, again.said).to.equal(0)
      expect(await count()).to.be.within(before, before + 1)
      expect((await keys()).filter((key) => key.kind === kind && key.state === 'prepared')).to.deep.equal([])
      const group = alice.client.groups()[0]!
      await groupAt(alice, group).send(`after ${kind}`)
      await bob.untilText(`after ${kind}`)
      const newcomer = await house.register(kind.toLowerCase())
      expect(await newcomer.client.findUser(alice.handle)).to.equal(alice.client.user)
    })
})
