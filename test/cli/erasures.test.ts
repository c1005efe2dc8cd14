/** Who was erased stays so, whichever backup is restored: the register of erasures outlives them all. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { groupAt, groupOf, openHouse, type House, type Player } from '../scenarios/house.js'
import { type RunningServer, startServer } from '../support/startServer.js'
import type { Ran } from './runCli.js'
import { runHere } from './runHere.js'

describe('A user who was erased', () => {
  let place: string
  let house: House
  let alice: Player
  let bob: Player
  let restored: RunningServer | undefined
  const run = (dataDir: string, ...words: readonly string[]): Promise<Ran> => runHere(words, { DATA_DIR: dataDir })
  const monday = (): string => join(place, 'monday')
  const register = (): string => join(place, 'erasures.jsonl')

  before(async () => {
    place = await mkdtemp(join(tmpdir(), 'homeserver-erasures-'))
    house = await openHouse()
    alice = await house.register('alice')
    bob = await house.register('bob')
    await groupOf(bob, alice)
    expect((await run(house.server.dataDir, 'backup', monday())).code).to.equal(0)
    await alice.client.deleteAccount()
    for (;;) {
      const { out } = await run(house.server.dataDir, 'erasures', 'list', '--json')
      if (out !== '') break
    }
    expect((await run(house.server.dataDir, 'erasures', 'export', register())).code).to.equal(0)
  })
  after(async () => {
    await house.close()
    await restored?.stop()
    await rm(place, { recursive: true, force: true })
  })

  /** Every file in a directory that has some bytes. */
  const filesWith = async (directory: string, bytes: string): Promise<readonly string[]> => {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true })
    const found: string[] = []
    for (const entry of entries) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      if ((await readFile(path)).includes(bytes)) found.push(path)
    }
    return found
  }

  it('is in the register by a hash, once, with a receipt, and so in every later backup of the keys', async () => {
    const { out } = await run(house.server.dataDir, 'erasures', 'list')
    expect(out).to.match(/^1 20\S+Z [\w-]{43} [\w-]{43}$/)
    const tuesday = join(place, 'tuesday')
    expect((await run(house.server.dataDir, 'backup', tuesday, '--onto', monday())).code).to.equal(0)
    const [kept, exported] = [join(`${tuesday}-keys`, 'erasures.jsonl'), register()]
    expect(await readFile(kept, 'utf8')).to.equal(await readFile(exported, 'utf8'))
    expect(await filesWith(join(house.server.dataDir, 'keys'), alice.client.user)).to.deep.equal([])
  })

  it('is brought back by no register that is older, cut, changed, or of another server', async () => {
    const target = join(place, 'target')
    const tuesday = join(place, 'tuesday')
    const refused = async (backup: string, file: string): Promise<string> => {
      const { code, said } = await run(target, 'restore', backup, '--erasures', file)
      expect(await readdir(target).catch(() => []), said).to.deep.equal([])
      return `${code} ${said.split(': ').slice(1).join(': ')}`
    }
    const text = await readFile(register(), 'utf8')
    const changed = join(place, 'changed.jsonl')
    expect(await refused(tuesday, join(`${monday()}-keys`, 'erasures.jsonl'))).to.match(
      /^78 .* is older than the backup: /,
    )
    await writeFile(changed, text.split('\n').slice(0, 2).join('\n'))
    expect(await refused(monday(), changed)).to.match(/^74 .* is cut or changed$/)
    await writeFile(changed, text.replace(/"user":"./, '"user":"*'))
    expect(await refused(monday(), changed)).to.match(/^74 .* is cut or changed$/)
    const other = join(place, 'other')
    expect((await run(other, 'keys', 'init')).code).to.equal(0)
    expect((await run(other, 'erasures', 'export', join(place, 'others.jsonl'))).code).to.equal(0)
    expect(await refused(monday(), join(place, 'others.jsonl'))).to.match(/^78 .* is the register of another server$/)
  })

  it('stays so in keys that are where they were, from an older backup of the log', async () => {
    const target = join(place, 'beside')
    await cp(join(house.server.dataDir, 'keys'), join(target, 'keys'), { recursive: true })
    const { code, said } = await run(target, 'restore', monday())
    expect([code, /1 who were erased since are deleted again/.test(said)], said).to.deep.equal([0, true])
  })

  it('is not counted among those deleted again where the log that is restored has her deleted', async () => {
    const words = ['restore', join(place, 'tuesday'), '--erasures', register(), '--json']
    const { code, out, said } = await run(join(place, 'deleted'), ...words)
    expect([code, JSON.parse(out)], said)
      .to.deep.include(0)
      .and.to.have.nested.property('[1].erased', 0)
  })

  it('cannot be found, and nothing of hers be read, in a restored server or its files', async () => {
    const dataDir = join(place, 'restored')
    const { code, said } = await run(dataDir, 'restore', monday(), '--erasures', register())
    expect([code, /1 who were erased since are deleted again/.test(said)], said).to.deep.equal([0, true])
    const names = await readdir(join(dataDir, 'keys', 'subjects'), { recursive: true })
    expect(names.filter((name) => name.includes('/'))).to.have.length(1)
    const { port } = new URL(house.server.url)
    await house.server.stop()
    restored = await startServer({ DATA_DIR: dataDir, PORT: port })
    // The directory is built anew from the log, and says of nobody that he is not there before all of it was read.
    expect(await bob.client.findUser(bob.handle)).to.equal(bob.client.user)
    // She, who came before him, is there until her deletion is read.
    await bob.until(async () => (await bob.client.findUser(alice.handle)) === undefined)
    expect((await run(dataDir, 'erasures', 'list')).out.split('\n')).to.have.length(1)
    await bob.untilEvent('resynced')
    const [group] = bob.client.groups()
    await bob.until(() => groupAt(bob, group!).status() === 'active')
    const users = () =>
      groupAt(bob, group!)
        .members()
        .map(({ user }) => user)
    await bob.until(() => users().length === 1)
    expect(users()).to.deep.equal([bob.client.user])
    expect(await filesWith(dataDir, alice.handle)).to.deep.equal([])
    expect(await filesWith(dataDir, bob.handle)).to.not.deep.equal([])
  })
})
