/** `homeserver doctor` beside a server that runs: it finds what is wrong, says what to do, and that mends it. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { createAccount, memoryStore } from '#src/client/index.js'
import { openDatabase } from '#src/adapters/embedded/database.js'
import type { StoresShown } from '#src/contract/stores.js'
import { spawnTestServer } from '../adapters/eventStoreDB/server/spawn.js'
import { temporaryDirectory, type TemporaryDirectory } from '../adapters/temporaryDirectory.js'
import { runServer } from '../compose/serverRun.js'
import { freePort } from '../support/freePort.js'
import { startServer, type RunningServer } from '../support/startServer.js'
import type { Ran } from './runCli.js'
import { runHere } from './runHere.js'

const run = (program: string, ...args: readonly string[]): void => void execFileSync(program, args, { stdio: 'ignore' })

const OPERATOR_TOKEN = 'hs_op_PlantedOperatorToken0123456789'

type Said = { readonly level: string; readonly what: string; readonly todo?: string }

describe('homeserver doctor, beside a server', () => {
  let directory: TemporaryDirectory
  let server: RunningServer | undefined
  let settings: Record<string, string>
  beforeEach(() => {
    directory = temporaryDirectory()
    settings = { DATA_DIR: join(directory.path, 'data'), KEYS_DIR: join(directory.path, 'keys'), OPERATOR_TOKEN }
  })
  afterEach(async () => {
    await server?.stop()
    directory.remove()
  })

  const start = async (): Promise<RunningServer> => {
    server = await startServer(settings)
    return server
  }
  const doctor = (): Promise<Ran> => runHere(['doctor'], settings)
  const linesOf = ({ out }: Ran, level: string): readonly string[] =>
    out.split('\n').filter((line) => line.startsWith(level))
  const register = async ({ url }: Pick<RunningServer, 'url'>, handle: string): Promise<void> => {
    const client = await createAccount({ server: url, store: memoryStore(), handle })
    await client.close()
  }

  /** What an operator does needs nobody whose clock is right. */
  const writeAnEvent = async (): Promise<void> => {
    expect((await runHere(['registration', 'set', 'open', '--why', 'a test'], settings)).code).to.equal(0)
  }

  /** `homeserver stores`, asked at the server's door, and of what lies here. */
  const sameSizes = async (): Promise<void> => {
    const { OPERATOR_TOKEN: _token, ...withoutToken } = settings
    for (const known of [settings, withoutToken]) {
      const { code, out } = await runHere(['stores', '--json'], known)
      expect(code, out).to.equal(0)
      const { log, stores, disks } = JSON.parse(out) as StoresShown
      expect(log.growth?.bytes).to.be.greaterThan(0)
      expect([log.oldest === undefined, log.scavenge, log.head > 2]).to.deep.equal([false, undefined, true])
      expect(stores.map(({ name }) => name)).to.deep.equal(['log', 'read models', 'blobs', 'assets'])
      expect(stores.slice(0, 2).every(({ bytes, entries = 0 }) => bytes > 0 && entries > 0)).to.equal(true)
      expect(disks.map(({ name, free, all }) => [name, free > 0 && free < all])).to.deep.equal([
        ['DATA_DIR', true],
        ['KEYS_DIR', true],
      ])
    }
    expect((await runHere(['stores'], settings)).out).to.match(/^log embedded\S*, head \d+, since \S+Z\ngrew by /)
  }

  it('finds nothing where nothing is wrong; then keys that are missing, a proxy that nobody named, a URL that leads nowhere', async () => {
    const { url } = await start()
    await register({ url }, 'anna')
    const found = await doctor()
    expect([found.code, linesOf(found, 'wrong')]).to.deep.equal([0, []])
    for (const what of [
      'ready: ',
      'clock: that of the server',
      'version: ',
      'disk: DATA_DIR',
      'log: ',
      'keys: each of 1 users has one',
    ])
      expect(found.out).to.match(new RegExp(`^(good |note ) ${what}`, 'm'))
    const { out } = await runHere(['doctor', '--json'], settings)
    const said = out.split('\n').map((line) => JSON.parse(line) as Said)
    expect(said.map(({ level, what }) => `${level.padEnd(5)} ${what}`.replace(/\d+/g, 'n')).slice(0, 3)).to.deep.equal(
      found.out
        .split('\n')
        .slice(0, 3)
        .map((line) => line.replace(/\d+/g, 'n')),
    )
    await sameSizes()
    const keys = settings['KEYS_DIR'] ?? ''
    const [file = ''] = readdirSync(join(keys, 'subjects'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.includes('/'),
    )
    const kept = readFileSync(join(keys, 'subjects', file))
    rmSync(join(keys, 'subjects', file))
    const missing = await doctor()
    expect(missing.code).to.equal(78)
    const line = linesOf(missing, 'wrong')[0] ?? ''
    expect(line).to.match(/^wrong keys: 1 of 1 users have no key in \S+: mimi:\S+ \((\S+)\) → bring these files back/)
    writeFileSync(join(keys, /\((\S+)\)/.exec(line)?.[1] ?? ''), kept, { mode: 0o600 })
    renameSync(join(keys, 'server'), join(keys, 'away'))
    const without = await doctor()
    expect([without.code, linesOf(without, 'wrong').length]).to.deep.equal([78, 1])
    expect(without.out).to.match(
      /^wrong KEYS_DIR \S+ holds no keys, but this log was begun with some: bring them back/m,
    )
    renameSync(join(keys, 'away'), join(keys, 'server'))
    mkdirSync(join(keys, 'erasures'), { mode: 0o700 })
    writeFileSync(join(keys, 'erasures', '000000001'), '{}')
    const damaged = await doctor()
    expect([damaged.code, linesOf(damaged, 'wrong').length]).to.deep.equal([74, 1])
    expect(damaged.out).to.match(/^wrong the register of erasures is damaged: \S+000000001 /m)
    await fetch(`${url}/livez`, { headers: { 'x-forwarded-for': '203.0.113.7' } })
    const lost = await runHere(['doctor', '--public-url', 'http://127.0.0.1:1'], settings)
    expect(lost.out)
      .to.match(/^wrong requests are forwarded, .* → set TRUSTED_PROXIES/m)
      .and.match(/^wrong port: PUBLIC_URL http:\/\/127\.0\.0\.1:1: no server answers .* → see to the proxy/m)
  })

  it('finds other servers that are found, are away, or are none; and this one by its own name', async () => {
    const stranger = createServer((socket) => socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n'))
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
    const PORT = String(await freePort())
    const at = (port: string | number): string => `=http://127.0.0.1:${port}`
    const peers = [
      `a.example${at(PORT)}`,
      `b.example${at(1)}`,
      `c.example${at((stranger.address() as AddressInfo).port)}`,
      `d.example${at(PORT)}`,
    ]
    settings = { ...settings, DOMAIN: 'a.example', PORT, FEDERATION: 'allow', FEDERATION_PEERS: peers.join(',') }
    const before = await doctor()
    expect(before.out).to.not.match(/federation: a\.example/)
    await start()
    const { code, out } = await doctor()
    stranger.close()
    expect(code).to.equal(69)
    expect(out)
      .to.match(/^good {2}federation: a\.example, this server, is found$/m)
      .and.match(/^wrong federation: b\.example cannot be reached: .* → its name, its certificate, port 443 there/m)
      .and.match(/^wrong federation: c\.example is answered for by something else: .*no directory → tell its operator/m)
      .and.match(/^wrong federation: d\.example is answered for by something else: .* → tell its operator/m)
    const alone = await runHere(['doctor'], { ...settings, FEDERATION_PEERS: '' })
    expect(alone.out).to.match(/^note {2}federation: .*names nobody → name the domains there, or allow them/m)
  })

  it('finds a disk that is full, and is content when there is room', async function () {
    const disk = join(directory.path, 'disk')
    mkdirSync(disk)
    settings['DATA_DIR'] = join(disk, 'data')
    try {
      run('mount', '-t', 'tmpfs', '-o', 'size=120m,mode=700', 'tmpfs', disk)
    } catch {
      console.log('      skipped: this user may not mount a disk')
      return this.skip()
    }
    try {
      const { url } = await start()
      const ballast = join(disk, 'ballast')
      try {
        writeFileSync(ballast, Buffer.alloc(130e6))
      } catch {
        // As much as there was room for.
      }
      await createAccount({ server: url, store: memoryStore(), handle: 'anna' }).catch(() => undefined)
      const found = await doctor()
      expect(linesOf(found, 'wrong').join('\n'))
        .to.match(/^wrong the log takes no writes: .* → make room on the disk of DATA_DIR/m)
        .and.match(/^wrong disk: DATA_DIR \S+ has .* free of 1\d\d\.\d MB: it is full → make room/m)
      expect(found.code).to.equal(69)
      rmSync(ballast)
      while ((await fetch(`${url}/readyz`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50))
      expect((await doctor()).code).to.equal(0)
      await server?.stop()
    } finally {
      run('umount', '-l', disk)
    }
  })

  it('finds clocks that are apart, and a server that does not believe its own, and is content once they are right', async () => {
    await start()
    const shifted = join(directory.path, 'shifted.mjs')
    writeFileSync(shifted, 'const { now } = Date\nDate.now = () => now() - 3_600_000\n')
    const behind = runServer(settings, { program: 'cli', args: ['doctor'], node: ['--import', shifted] })
    expect(await behind.ended).to.equal(78)
    expect(behind.out())
      .to.match(/^wrong clock: that of the server is 3[56]\d\d s ahead of this machine's → run NTP/m)
      .and.match(/^wrong clock: the newest event was written 3[56]\d\d s in the future/m)
    await server?.stop()
    writeFileSync(shifted, 'const { now } = Date\nDate.now = () => now() + 3_600_000\n')
    const ahead = runServer({ ...settings, PORT: '0', LOG_LEVEL: 'silent' }, { node: ['--import', shifted] })
    await ahead.ready()
    await writeAnEvent()
    await ahead.stop()
    await start()
    const after = await doctor()
    expect([after.code, linesOf(after, 'wrong').length], after.out).to.deep.equal([78, 1])
    expect(after.out).to.match(/^wrong clock: the newest event was written .* → .* the next event ends this/m)
    await writeAnEvent()
    const right = await doctor()
    expect([right.code, linesOf(right, 'wrong')]).to.deep.equal([0, []])
    await server?.stop()
    writeFileSync(shifted, 'const { now } = Date\nDate.now = () => now() + 30 * 86_400_000\n')
    const held = runServer({ ...settings, PORT: '0', LOG_LEVEL: 'silent' }, { node: ['--import', shifted] })
    await held.ready()
    const found = await doctor()
    expect(found.code).to.equal(78)
    expect(found.out).to.match(/^wrong nothing expires: .* → look at the clock .* homeserver clock accept/m)
    await held.stop()
    await start()
    await writeAnEvent()
    const believed = await doctor()
    expect([believed.code, linesOf(believed, 'wrong')]).to.deep.equal([0, []])
    await server?.stop()
    const again = runServer({ ...settings, PORT: '0', LOG_LEVEL: 'silent' }, { node: ['--import', shifted] })
    await again.ready()
    expect((await doctor()).out).to.match(/^wrong nothing expires: /m)
    expect((await runHere(['clock', 'accept', '--why', 'a test'], settings)).code).to.equal(0)
    await again.stop()
  })

  it('finds an event that is parked, and what lets it go', async () => {
    await register(await start(), 'anna')
    await server?.stop()
    const file = openDatabase(join(settings['DATA_DIR'] ?? '', 'events.db'), { durability: 'full' })
    file.exec("UPDATE events SET data = json_set(data, '$.discovery', 'damaged') WHERE type = 'UserRegistered'")
    file.emptyWal()
    file.close()
    rmSync(join(settings['DATA_DIR'] ?? '', 'views'), { recursive: true })
    const { url } = await start()
    while (!(await (await fetch(`${url}/readyz`)).text()).includes('parked'))
      await new Promise((go) => setTimeout(go, 50))
    const found = await doctor()
    expect(found.code).to.equal(69)
    expect(found.out)
      .to.match(/^wrong projection directory is degraded: 1 events parked → homeserver projections list/m)
      .and.match(/^wrong read model directory: \d+ ms behind, 1 parked → /m)
    const listed = await runHere(['projections', 'list', '--json'], settings)
    const parked = /"stream":"(user-[^"]+)","revision":(\d+)/.exec(listed.out)
    const skip = ['projections', 'skip', 'directory', `${parked?.[1]}@${parked?.[2]}`, '--why', 'a test']
    const skipped = await runHere(skip, settings)
    expect(skipped.code, skipped.said).to.equal(0)
    while ((await (await fetch(`${url}/readyz`)).text()).includes('projection directory is degraded'))
      await new Promise((go) => setTimeout(go, 50))
    expect((await doctor()).out).to.not.match(/projection directory is degraded/)
  })

  it('finds a store that is dead, and says which, and is content once that is started again', async () => {
    const store = await spawnTestServer({ file: join(directory.path, 'log') })
    settings['EVENTSTORE_URL'] = store.url
    expect((await runHere(['keys', 'init'], settings)).code).to.equal(0)
    const { url } = await start()
    expect((await doctor()).code).to.equal(0)
    await store.kill()
    while ((await fetch(`${url}/readyz`)).status !== 503) await new Promise((resolve) => setTimeout(resolve, 50))
    const found = await doctor()
    expect(found.code).to.equal(69)
    expect(found.out)
      .to.match(/^wrong a store does not answer.* → see whether it runs/m)
      .and.match(/^wrong EventStoreDB at \S+ is unreachable/m)
    const again = await spawnTestServer({ file: join(directory.path, 'log'), port: store.port })
    while ((await fetch(`${url}/readyz`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50))
    const content = await doctor()
    expect([content.code, linesOf(content, 'wrong')]).to.deep.equal([0, []])
    await register({ url }, 'anna')
    await server?.stop()
    await again.kill()
  })

  it('finds a port that another program has, while none runs', async () => {
    await start()
    await server?.stop()
    const other = createServer()
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => {
        resolve((other.address() as AddressInfo).port)
      })
    })
    const found = await runHere(['doctor', '--port', String(port)], settings)
    other.close()
    expect([found.code, linesOf(found, 'wrong')]).to.deep.equal([
      75,
      [`wrong port: PORT 127.0.0.1:${port} is in use by another program → end that one, or set PORT`],
    ])
  })
})
