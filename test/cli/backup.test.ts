/** A backup of a running server and its restore, a command each: everything comes back, or nothing is touched and the reason is told. */
import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { endedAt } from './endedAt.js'
import { rewritten } from './rewritten.js'
import { runHere } from './runHere.js'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { readManifest, writeManifest } from '#src/cli/backup/manifest.js'
import { noProgress } from '#src/cli/progress.js'
import { groupAt, groupOf, inStep, openHouse, type House, type Player } from '../scenarios/house.js'
import { cliProgram } from '../support/programs.js'
import { type RunningServer, startServer } from '../support/startServer.js'

type Ended = { readonly code: number; readonly said: string; readonly out: string }
const homeserver = async (dataDir: string, ...words: readonly string[]): Promise<Ended> => {
  try {
    const { stderr, stdout } = await promisify(execFile)(process.execPath, [
      cliProgram,
      ...words,
      '--data-dir',
      dataDir,
    ])
    return { code: 0, said: stderr, out: stdout }
  } catch (error) {
    const { code, stderr, stdout } = error as {
      readonly code: number
      readonly stderr: string
      readonly stdout: string
    }
    return { code, said: stderr, out: stdout }
  }
}
/** The same in this process. */
const quickly = async (dataDir: string, ...words: readonly string[]): Promise<Ended> => {
  const { code, out, said } = await runHere(words, { DATA_DIR: dataDir })
  return { code, out: `${out}\n`, said: `${said}\n` }
}
const restore = (dataDir: string, backup: string, ...words: readonly string[]): Promise<Ended> =>
  quickly(dataDir, 'restore', backup, '--no-erasures-since', ...words)
const there = async (path: string): Promise<readonly string[]> => readdir(path).catch(() => [])

/** Of several parts. */
const picture = randomBytes(5_000_000)
const song = randomBytes(10_000)
type Shown = {
  readonly log: {
    readonly id: string
    readonly from: number
    readonly to: number
    readonly events: number
    readonly digest: string
  }
  readonly onto: { readonly place: string }
  readonly counts: { readonly assets: number; readonly blobs: number }
}
const manifestOf = async (backup: string): Promise<Shown> => {
  const [, text] = /^(.*)\n.*\n$/s.exec(await readFile(join(backup, 'manifest.json'), 'utf8')) ?? []
  return JSON.parse(text ?? '') as Shown
}
const attachmentsOf = ({ events }: Player) =>
  events.flatMap((event) => (event.type === 'message' ? event.attachments : []))

describe('A backup', () => {
  let house: House
  let place: string
  let backup: string
  let later: string
  let alice: Player
  let bob: Player
  let restored: RunningServer | undefined

  before(async () => {
    place = await mkdtemp(join(tmpdir(), 'homeserver-backup-'))
    backup = join(place, 'backups', 'monday')
    later = join(place, 'backups', 'tuesday')
    house = await openHouse()
    alice = await house.register('alice')
    bob = await house.register('bob')
  })
  after(async () => {
    await house.close()
    await restored?.stop()
    await rm(place, { recursive: true, force: true })
  })

  it('is taken of a running server, and leaves the keys out of the directory of the log', async () => {
    const group = await groupOf(alice, bob)
    await group.setProfile('lies in a blob')
    await group.sendFile(new Blob([picture]), { name: 'picture' })
    let sends = 0
    const over = new AbortController()
    const sending = (async () => {
      while (!over.signal.aborted) await group.send(`before ${sends++}`)
    })()
    const { code, said } = await homeserver(house.server.dataDir, 'backup', backup)
    expect(
      [code, /^backed up \d+ events, head \d+, log \S+, \d+ assets and \d+ blobs to /.test(said)],
      said,
    ).to.deep.equal([0, true])
    expect(await readdir(dirname(backup))).to.have.members(['monday', 'monday-keys'])
    expect(await readdir(backup)).to.have.members(['assets', 'blobs', 'log.jsonl', 'manifest.json'])
    const ofKeys = ['erasures.jsonl', 'log-begun', 'manifest.json', 'server', 'subjects']
    expect(await readdir(`${backup}-keys`)).to.have.members(ofKeys)
    await group.sendFile(new Blob([song]), { name: 'song' })
    await group.setProfile('lies in a blob, and came later')
    const more = await homeserver(house.server.dataDir, 'backup', later, '--onto', backup, '--json')
    over.abort()
    await sending
    expect(more.code, more.said).to.equal(0)
    const [first, second] = [await manifestOf(backup), JSON.parse(more.out) as Shown]
    expect(second.log).to.include({ id: first.log.id, from: first.log.to })
    expect(second.onto.place).to.equal('monday')
    expect([second.counts.assets, second.log.events > 0]).to.deep.equal([1, true])
    expect((await manifestOf(later)).log).to.deep.equal(second.log)
    await group.send('lost with the disk')
  })

  it('has the digest that the log has up to there, whole or what came since', async () => {
    for (const { log } of [await manifestOf(backup), await manifestOf(later)]) {
      const verified = await quickly(house.server.dataDir, 'events', 'verify', '--digest', '--until', String(log.to))
      expect(verified.out.split('\n')[0]).to.equal(`digest ${log.digest} up to ${log.to}`)
    }
    const found = await quickly(place, 'backup', 'verify', later)
    const { log } = await manifestOf(later)
    expect(found.out).to.match(
      new RegExp(`^2 backups hold: \\d+ events, head ${log.to}, log \\S+, digest ${log.digest}\\n$`),
    )
  })

  it('is not taken over another one, nor over anything else', async () => {
    const before = await readFile(join(backup, 'manifest.json'), 'utf8')
    const { code, said } = await quickly(house.server.dataDir, 'backup', backup)
    expect([code, said]).to.deep.equal([78, `homeserver: ${backup} is not empty: assets is there\n`])
    expect(await readFile(join(backup, 'manifest.json'), 'utf8')).to.equal(before)
  })

  it('goes on from no backup of another log', async () => {
    const other = join(place, 'other')
    expect((await restore(other, backup)).code).to.equal(0)
    const { code, said } = await quickly(other, 'backup', join(place, 'mixed'), '--onto', backup)
    expect([
      code,
      /is a backup of the log \S+, and this one is \S+: begin with a whole backup/.test(said),
    ]).to.deep.equal([78, true])
    expect((await there(place)).filter((name) => name.startsWith('mixed'))).to.deep.equal([])
  })

  it('goes on with assets from no backup without them, nor the other way', async () => {
    const { dataDir } = house.server
    const bare = join(place, 'bare')
    expect((await quickly(dataDir, 'backup', bare, '--no-assets')).code).to.equal(0)
    const ways = [
      [bare, 'was taken without assets'],
      [backup, 'was taken with assets', '--no-assets'],
    ] as const
    for (const [earlier, what, ...words] of ways) {
      const { code, said } = await quickly(dataDir, 'backup', join(place, 'mixed'), '--onto', earlier, ...words)
      expect([code, said]).to.deep.equal([
        78,
        `homeserver: ${earlier} ${what}: take this one the same way, or begin with a whole backup\n`,
      ])
    }
    expect((await quickly(dataDir, 'backup', join(place, 'more'), '--onto', bare, '--no-assets')).code).to.equal(0)
    expect((await there(place)).filter((name) => name.startsWith('mixed'))).to.deep.equal([])
  })

  it('leaves nothing under its name when it is cut short', async () => {
    // Its data are copied, and the keys of its people are not.
    const words = [endedAt('subjects', 'SIGTERM'), cliProgram, 'backup', join(place, 'cut')]
    const child = spawn(process.execPath, [...words, '--data-dir', house.server.dataDir], { stdio: 'ignore' })
    expect(await once(child, 'exit')).to.deep.equal([null, 'SIGTERM'])
    expect((await there(place)).filter((name) => name.startsWith('cut'))).to.deep.equal([])
  })

  it('leaves nothing under its name on a disk that is full, nor does a restore', async function () {
    const disk = join(place, 'disk')
    await mkdir(disk)
    const shell = promisify(execFile)
    try {
      await shell('mount', ['-t', 'tmpfs', '-o', 'size=60k,mode=700', 'tmpfs', disk])
    } catch {
      console.log('      skipped: this user may not mount a disk')
      return this.skip()
    }
    try {
      const full = await homeserver(house.server.dataDir, 'backup', join(disk, 'monday'))
      expect(full.code, full.said).to.equal(74)
      expect(full.said).to.match(/^homeserver: [^\n]*(the disk is full|no room)[^\n]*\n$/)
      expect(await readdir(disk)).to.deep.equal([])
      const restoring = await restore(join(disk, 'data'), backup)
      expect([restoring.code, await readdir(join(disk, 'data'))], restoring.said).to.deep.equal([74, ['keys']])
    } finally {
      await shell('umount', ['-l', disk])
    }
  })

  it('leaves nothing under its name when the log or a blob is damaged, and says so', async () => {
    const damaged = join(place, 'damaged')
    expect((await restore(damaged, later)).code).to.equal(0)
    const [blob = ''] = (await readdir(join(damaged, 'blobs'), { recursive: true })).filter((name) => name.length > 40)
    await appendFile(join(damaged, 'blobs', blob), 'rot')
    const { code, said } = await quickly(damaged, 'backup', join(place, 'copy'))
    expect([code, said]).to.deep.equal([
      74,
      `homeserver: the bytes of the blob ${basename(blob)} are not its own: nothing was backed up (homeserver events verify tells more)\n`,
    ])
    const log = join(damaged, 'events.db')
    const bytes = await readFile(log)
    bytes.fill(7, bytes.length - 2_000, bytes.length - 1_900)
    await writeFile(log, bytes)
    expect((await quickly(damaged, 'backup', join(place, 'copy'))).code).to.equal(74)
    expect((await there(place)).filter((name) => name.startsWith('copy'))).to.deep.equal([])
  })

  describe('that is not what was backed up', () => {
    const spoilt: readonly (readonly [string, number, RegExp, (dir: string) => Promise<unknown>])[] = [
      [
        'a byte of the log',
        74,
        /log\.jsonl is not what was backed up/,
        (dir) => appendFile(join(dir, 'log.jsonl'), 'x'),
      ],
      ['a log that is missing', 74, /log\.jsonl is missing/, (dir) => rm(join(dir, 'log.jsonl'))],
      [
        'a log that is cut, and said to be so',
        74,
        /holds other events/,
        (dir) => rewritten(dir, (lines) => lines.slice(0, -1)),
      ],
      [
        'a log in another order, and said to be so',
        74,
        /stands where something else does/,
        (dir) => rewritten(dir, (lines) => [...lines.slice(0, -2), ...lines.slice(-2).toReversed()]),
      ],
      [
        'an event that was changed, and said to be so',
        74,
        /checksum does not hold/,
        (dir) => rewritten(dir, (lines) => lines.map((line) => line.replace('"epoch":"1"', '"epoch":"2"'))),
      ],
      [
        'an event of another stream that was left out, and said to be so',
        74,
        /holds other events/,
        (dir) => rewritten(dir, (lines) => lines.filter((line) => !line.includes('"OperatorTokenIssued"'))),
      ],
      ['a blob that is missing', 74, /blobs\/.* is missing/, (dir) => rm(join(dir, 'blobs'), { recursive: true })],
      ['a file more', 74, /log\.jsonl-2 was not backed up/, (dir) => writeFile(join(dir, 'log.jsonl-2'), '')],
      ['no manifest', 74, /manifest\.json is missing/, (dir) => rm(join(dir, 'manifest.json'))],
      [
        'another manifest',
        74,
        /manifest\.json is cut or changed/,
        async (dir) => {
          const text = await readFile(join(dir, 'manifest.json'), 'utf8')
          await writeFile(join(dir, 'manifest.json'), text.replace('"localhost"', '"localhosd"'))
        },
      ],
      ['a key', 74, /bundle\.json is not what/, (dir) => appendFile(join(`${dir}-keys`, 'server', 'bundle.json'), ' ')],
      ['no keys', 74, /spoilt-keys\/manifest\.json is missing/, (dir) => rm(`${dir}-keys`, { recursive: true })],
      [
        'keys in its place',
        74,
        /is mls-homeserver-keys-backup/,
        async (dir) => {
          await rm(dir, { recursive: true })
          await cp(`${dir}-keys`, dir, { recursive: true })
        },
      ],
    ]
    for (const [what, code, words, spoil] of spoilt) {
      it(`is refused, and nothing written: ${what}`, async () => {
        const copy = join(place, 'spoilt')
        for (const part of ['', '-keys']) await rm(copy + part, { recursive: true, force: true })
        for (const part of ['', '-keys']) await cp(backup + part, copy + part, { recursive: true })
        await spoil(copy)
        const target = join(place, 'target')
        const refused = await restore(target, copy)
        expect(refused.code, refused.said).to.equal(code)
        expect(refused.said)
          .to.match(words)
          .and.match(/^homeserver: [^\n]*: nothing was restored\n$/)
        expect(await there(target)).to.deep.equal([])
      })
    }

    const wrongKeys: readonly (readonly [string, number, RegExp, (keys: string) => Promise<unknown>])[] = [
      [
        'of another server',
        74,
        /holds the keys of another server/,
        async (keys) => {
          await rm(join(keys, 'server'), { recursive: true })
          expect((await runHere(['keys', 'init'], { KEYS_DIR: keys })).code).to.equal(0)
        },
      ],
      [
        'without their bundle',
        74,
        /holds the keys of another server/,
        (keys) => rm(join(keys, 'server', 'bundle.json')),
      ],
      ['with a bundle that is none', 74, /bundle/, (keys) => writeFile(join(keys, 'server', 'bundle.json'), '{}')],
      ['with a register that is cut', 74, /is cut or changed/, (keys) => writeFile(join(keys, 'erasures.jsonl'), '')],
    ]
    for (const [what, code, words, spoil] of wrongKeys)
      it(`is refused by a restore and by whoever examines it: keys ${what}`, async () => {
        const keys = join(place, 'wrong-keys')
        const target = join(place, 'target')
        await rm(keys, { recursive: true, force: true })
        await cp(`${backup}-keys`, keys, { recursive: true })
        await rm(join(keys, 'manifest.json'))
        await spoil(keys)
        const { manifest } = await readManifest(`${backup}-keys`, 'mls-homeserver-keys-backup')
        await writeManifest(keys, manifest, noProgress)
        const ended = [await restore(target, backup, keys), await quickly(place, 'backup', 'verify', backup, keys)]
        for (const refused of ended) {
          expect(refused.code, refused.said).to.equal(code)
          expect(refused.said).to.match(words)
        }
        expect(await there(target)).to.deep.equal([])
      })

    it('is refused: of another domain, or beside other keys, or into a directory that is not empty', async () => {
      const target = join(place, 'full')
      const foreign = await restore(target, backup, '--domain', 'example.org')
      expect([foreign.code, foreign.said]).to.deep.equal([
        78,
        'homeserver: the backup is of localhost, DOMAIN is example.org\n',
      ])
      expect((await quickly(target, 'keys', 'init')).code).to.equal(0)
      const others = await restore(target, backup)
      expect([others.code, others.said]).to.deep.equal([
        78,
        `homeserver: KEYS_DIR ${join(target, 'keys')} holds the keys of another server than the backup's\n`,
      ])
      expect(await readdir(target)).to.deep.equal(['keys'])
      await writeFile(join(target, 'mine'), 'kept')
      const full = await restore(target, backup)
      expect([full.code, full.said]).to.deep.equal([78, `homeserver: ${target} is not empty: mine is there\n`])
      expect(await readdir(target)).to.have.members(['keys', 'mine'])
    })
  })

  it('that goes on from an earlier one is refused without it, or with another in its place', async () => {
    const target = join(place, 'target')
    const apart = join(place, 'apart')
    for (const part of ['', '-keys']) await cp(later + part, join(apart, `tuesday${part}`), { recursive: true })
    const alone = await restore(target, join(apart, 'tuesday'))
    expect([alone.code, /apart\/monday\/manifest\.json is missing/.test(alone.said)], alone.said).to.deep.equal([
      74,
      true,
    ])
    await cp(later, join(apart, 'monday'), { recursive: true })
    const mixed = await restore(target, join(apart, 'tuesday'))
    const words =
      /tuesday was taken onto a backup that stood at .*monday, which is another one, or was changed: nothing was restored\n$/
    expect([mixed.code, words.test(mixed.said)], mixed.said).to.deep.equal([74, true])
    expect(await there(target)).to.deep.equal([])
  })

  it('that was half restored is not served', async () => {
    const half = join(place, 'half')
    await mkdir(half, { mode: 0o700 })
    await writeFile(join(half, 'restoring'), '')
    const start: unknown = await startServer({ DATA_DIR: half }).catch((error: unknown) => error)
    expect(String(start)).to.match(/ended with 78 .*a restore into DATA_DIR .* did not come to its end/s)
  })

  // In a suite of its own: those run last.
  describe('that is restored', () => {
    it('comes back as another log, to which clients come, with its blobs and its people', async () => {
      const dataDir = join(place, 'restored')
      const moved = join(place, 'moved')
      await rename(dirname(backup), moved)
      const { log } = await manifestOf(join(moved, 'tuesday'))
      const unsaid = await quickly(dataDir, 'restore', join(moved, 'tuesday'))
      expect([
        unsaid.code,
        /^homeserver: who was erased since .* --erasures FILE .* --no-erasures-since/.test(unsaid.said),
      ]).to.deep.equal([78, true])
      const { code, said } = await restore(dataDir, join(moved, 'tuesday'))
      expect(code, said).to.equal(0)
      const upTo = /^digest (\S+) up to (\d+)$/m.exec(said)
      expect(upTo?.[1]).to.equal(log.digest)
      const verified = await quickly(dataDir, 'events', 'verify', '--digest', '--until', upTo?.[2] ?? '')
      expect([verified.code, verified.out.split('\n')[0]]).to.deep.equal([0, upTo?.[0]])
      expect(said).to.match(/^restored \d+ events, head \d+, log (\S+) \(was (?!\1)\S+\), to /)
      expect(said).to.include(`keys restored to ${join(dataDir, 'keys')}\n`)
      const group = alice.client.groups()[0]!
      const { port } = new URL(house.server.url)
      await house.server.stop()
      restored = await startServer({ DATA_DIR: dataDir, PORT: port })
      await alice.untilEvent('resynced')
      await bob.untilEvent('resynced')
      await inStep(alice, bob, group)
      await group.send('after the restore')
      await bob.untilText('after the restore')
      await groupAt(bob, group).send('and back')
      await alice.untilText('and back')
      expect(Buffer.from((await group.profile())?.data ?? []).toString()).to.equal('lies in a blob, and came later')
      const file = await bob.until(() => attachmentsOf(bob).find(({ name }) => name === 'picture'))
      expect(picture.equals(await file.download().bytes())).to.equal(true)
      const second = await bob.until(() => attachmentsOf(bob).find(({ name }) => name === 'song'))
      expect(song.equals(await second.download().bytes())).to.equal(true)
      expect(await alice.client.findUser(bob.handle)).to.equal(bob.client.user)
      const { messages } = await alice.untilEvent('unconfirmed')
      expect(messages.map(({ text }) => text)).to.include('lost with the disk')
      expect((await quickly(dataDir, 'events', 'verify')).code).to.equal(0)
    })
  })
})
