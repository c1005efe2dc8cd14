/** Keys of several processes, each with a directory of its own: whoever lacks what the log names is not ready, before it is used. */
import { copyFile, cp } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { houseAt, operator } from '../faults/house.js'
import type { RealHouse } from '../faults/house.js'
import { homeserver } from '../cli/keys/house.js'
import { startCluster } from '../support/startCluster.js'
import type { Cluster } from '../support/startCluster.js'
import { startServer } from '../support/startServer.js'
import type { RunningServer } from '../support/startServer.js'
import { eventually } from './eventually.js'

const { MONGOD } = process.env

describe('keys of several processes', function () {
  this.timeout(180_000)
  let cluster: Cluster
  let third: RunningServer
  let directory: string
  before(async function () {
    if (MONGOD === undefined) {
      console.log('    skipped: MONGOD names no mongod (npm run test:stores finds one)')
      this.skip()
    }
    cluster = await startCluster(MONGOD, { DOMAIN: 'example.org', OPERATOR_TOKEN: operator.token })
    directory = join(cluster.processes[0].dataDir, '..', 'keys-three')
    await cp(String(cluster.settings['KEYS_DIR']), directory, { recursive: true })
    third = await startServer({ ...cluster.settings, ...own() })
  })
  after(async () => {
    if (MONGOD === undefined) return
    await third.stop()
    await cluster.stop()
  })

  const own = () => ({ KEYS_DIR: directory, DATA_DIR: join(directory, '..', 'three') })
  const bundleIn = (keysDir: string): string => join(keysDir, 'server', 'bundle.json')
  const readiness = async ({ url }: RunningServer) => {
    const answer = await fetch(`${url}/readyz`)
    const { reasons } = (await answer.json()) as { readonly reasons: readonly string[] }
    return { status: answer.status, reasons }
  }
  const lacks = async (): Promise<boolean> =>
    (await readiness(third)).reasons.some((reason) => reason.includes('lacks the sealing key'))

  it('are named before they are used: by then a process without them is not ready, and does not start', async () => {
    const [one] = cluster.processes
    const settings = { ...cluster.settings, DATA_DIR: one.dataDir } as Readonly<Record<string, string>>
    const before = Date.now()
    const { code, out, said } = await homeserver(settings, 'keys', 'rotate', 'sealing', '--why', 'yearly', '--json')
    expect(code, said).to.equal(0)
    const { from } = JSON.parse(out) as { readonly from: number }
    expect(from).to.be.greaterThan(before + 50_000)
    await eventually('a reason that names the key', lacks)
    expect(Date.now(), 'before it is used').to.be.below(from)
    for (const process of cluster.processes) expect((await readiness(process)).status).to.equal(200)

    await third.crash()
    const refusal = await third.restart().catch(String)
    expect(refusal).to.match(/ended with 78.*KEYS_DIR lacks the sealing key/s)

    await copyFile(bundleIn(String(cluster.settings['KEYS_DIR'])), bundleIn(directory))
    third = await startServer({ ...cluster.settings, ...own() })
    expect((await readiness(third)).status).to.equal(200)
    const listed = await homeserver({ ...settings, ...own() }, 'keys', 'list', '--json')
    const { keys } = JSON.parse(listed.out) as { readonly keys: readonly { name: string; state: string }[] }
    expect(keys.find(({ name }) => name === 'sealing-2')?.state).to.be.oneOf(['next', 'current'])
  })

  it('are used by each process from the end of their notice on, and what either signed holds at the other all the while', async () => {
    const houses = await Promise.all(cluster.processes.map((process) => houseAt(process)))
    const [one, two] = houses as [RealHouse, RealHouse]
    const alice = await one.register()
    const settings = { ...cluster.settings, DATA_DIR: one.server.dataDir } as Readonly<Record<string, string>>
    const rotated = await homeserver(settings, 'keys', 'rotate', 'token', '--why', 'yearly', '--json')
    expect(rotated.code, rotated.said).to.equal(0)
    const { from } = JSON.parse(rotated.out) as { readonly from: number }
    const who = async (house: RealHouse, token: string): Promise<number> =>
      (await house.ask({ token }, 'GET', '/v1/users/me')).status
    const states = async (house: RealHouse): Promise<string> => {
      const { body } = await house.ask(operator, 'GET', '/v1/operator/keys')
      const keys = body['keys'] as readonly { readonly kind: string; readonly state: string }[]
      return keys.flatMap(({ kind, state }) => (kind === 'token' ? [state] : [])).join()
    }
    const tokens = [alice.token]
    expect([await states(one), await states(two)]).to.include('current,next')
    for (let over = false; !over;) {
      over = Date.now() > from + 1_000
      for (const house of houses) tokens.push(await house.tokenOf(alice.client, alice.key))
      for (const house of houses)
        for (const token of tokens.slice(-4)) expect(await who(house, token), `${Date.now() - from} ms`).to.equal(200)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    for (const house of houses) {
      expect(await states(house)).to.equal('accepted,current')
      expect(await who(house, alice.token)).to.equal(200)
    }
  })
})
