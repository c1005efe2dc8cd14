/** kill -9 amid a backup or a restore, at any moment: what stands under a name is whole, and what is half is not served. `KILLS=30`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { groupOf, openHouse, type House } from '../scenarios/house.js'
import { cliProgram } from '../support/programs.js'
import { startServer } from '../support/startServer.js'
import { runCli } from './runCli.js'
import type { Ran } from './runCli.js'
import { runHere } from './runHere.js'

const kills = Number(process.env['KILLS'] ?? 2)

describe('A command that is killed', function () {
  this.timeout(300_000 + kills * 10_000)
  let house: House
  let place: string
  let digest: string | undefined
  const at = (name: string): string => join(place, name)

  before(async () => {
    place = await mkdtemp(join(tmpdir(), 'homeserver-killed-'))
    house = await openHouse()
    const [alice, bob] = [await house.register('alice'), await house.register('bob')]
    const group = await groupOf(alice, bob)
    await group.sendFile(new Blob([new Uint8Array(9_000_000)]), { name: 'file' })
    await group.setProfile('lies in a blob')
    for (let n = 0; n < 200; n++) await group.send(`message ${n}`)
  })
  after(async () => {
    await house.close()
    await rm(place, { recursive: true, force: true })
  })

  const run = (dataDir: string, ...words: readonly string[]): Promise<Ran> => runHere(words, { DATA_DIR: dataDir })
  /** How long it took, ms, and whether it came to its end. */
  const timed = async (killAfterMs: number | undefined, ...words: readonly string[]) => {
    const began = performance.now()
    const child = spawn(process.execPath, [cliProgram, ...words], { stdio: 'ignore' })
    const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    const [code] = (await once(child, 'exit')) as [number | null]
    clearTimeout(timer)
    return { ms: performance.now() - began, ended: code }
  }
  const there = async (directory: string): Promise<readonly string[]> => readdir(directory).catch(() => [])
  /** Most of the time it is only starting. */
  const someMoment = (ms: number): number => ms * (0.4 + 0.7 * Math.random())

  it(`amid a backup leaves nothing under its name, or all of it, ${kills} times`, async () => {
    const { dataDir } = house.server
    const whole = await timed(undefined, 'backup', at('whole'), '--data-dir', dataDir)
    expect(whole.ended).to.equal(0)
    digest = /digest (\S+)$/m.exec((await run(dataDir, 'backup', 'verify', at('whole'))).out)?.[1]
    let cut = 0
    for (let n = 0; n < kills; n++) {
      const name = `cut${n}`
      const { ended } = await timed(someMoment(whole.ms), 'backup', at(name), '--data-dir', dataDir)
      if (ended !== 0) cut++
      const there = (await readdir(place)).filter((one) => one.startsWith(name))
      if (there.includes(name)) expect((await run(dataDir, 'backup', 'verify', at(name))).code, name).to.equal(0)
      for (const one of there) {
        expect(one).to.match(new RegExp(`^${name}(-keys)?(\\.unfinished-[\\w-]+)?$`))
        await rm(at(one), { recursive: true })
      }
    }
    console.log(`      ${cut} of ${kills} were cut short`)
  })

  it(`amid a restore is served by nobody unless it is whole, and done again once it was emptied, ${kills} times`, async () => {
    const restore = ['restore', at('whole'), '--no-erasures-since', '--data-dir']
    const once = await timed(undefined, ...restore, at('once'))
    expect(once.ended).to.equal(0)
    let cut = 0
    for (let n = 0; n < kills; n++) {
      const dataDir = at(`half${n}`)
      const { ended } = await timed(someMoment(once.ms), ...restore, dataDir)
      const left = await there(dataDir)
      const isHalf = [...left, ...(await there(join(dataDir, 'keys')))].includes('restoring')
      const isWhole = left.includes('events.db') && !isHalf
      if (ended === 0) expect(isWhole).to.equal(true)
      else cut++
      if (isHalf) {
        const refusal: unknown = await startServer({ DATA_DIR: dataDir }).catch((error: unknown) => error)
        expect(String(refusal)).to.match(/ended with 78 .*a restore into \w+ .* did not come to its end/s)
        expect((await run(dataDir, ...restore.slice(0, 3))).code).to.equal(78)
        await rm(dataDir, { recursive: true })
      }
      if (!isWhole) expect((await run(dataDir, ...restore.slice(0, 3))).code, left.join()).to.equal(0)
      const { out } = await run(dataDir, 'events', 'verify', '--digest', '--until', await headOf(dataDir))
      expect(out.split('\n')[0]).to.include(digest ?? 'none')
      await rm(dataDir, { recursive: true })
    }
    console.log(`      ${cut} of ${kills} were cut short`)
  })

  /** Up to where it is what was backed up: what follows is its new id. */
  const headOf = async (dataDir: string): Promise<string> => {
    const { out } = await runCli(['events', 'list', '--type', 'LogReplaced', '--json'], { DATA_DIR: dataDir })
    const { position } = JSON.parse(out.split('\n').at(-1) ?? '') as { readonly position: number }
    return String(position - 1)
  }
})
