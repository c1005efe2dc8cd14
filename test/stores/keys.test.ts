/** Keys of several processes, each with a directory of its own: whoever lacks what the log names is not ready, before it is used. */
import { copyFile, cp } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { operator } from '../faults/house.js'
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
})
