/** Whatever an operator can mend ends a start with one line and the exit code that scripts read. */
import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { runServer } from './serverRun.js'
import type { RunOptions } from './serverRun.js'

type Place = { readonly directory: string; readonly data: string }

const shell = (command: string): void => void execFileSync('sh', ['-c', command], { stdio: 'ignore' })

describe('what an operator can mend', () => {
  let place: Place
  beforeEach(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'homeserver-mend-'))
    place = { directory, data: join(directory, 'data') }
  })
  afterEach(() => rm(place.directory, { recursive: true, force: true }))

  const refused = async (
    settings: Record<string, string>,
    code: number,
    words: RegExp,
    options: RunOptions = {},
  ): Promise<void> => {
    const run = runServer({ DATA_DIR: place.data, PORT: '0', ...settings }, options)
    expect([await run.ended, run.complaints().length], run.err()).to.deep.equal([code, 1])
    expect(run.complaints()[0]).to.match(words)
    expect(run.out()).to.equal('')
  }
  const begun = async (settings: Record<string, string> = {}): Promise<void> => {
    const first = runServer({ DATA_DIR: place.data, PORT: '0', ...settings })
    await first.ready()
    expect(await first.stop()).to.equal(0)
  }

  const directories: readonly (readonly [string, number, RegExp, (path: string) => Promise<unknown>])[] = [
    ['a file', 78, /is a file, not a directory/, (path) => writeFile(path, '')],
    ['a link to nowhere', 78, /is a link to .*nowhere, where nothing is/, (path) => symlink(`${path}-nowhere`, path)],
    ['a link to itself', 78, /links lead in a circle|is a link to/, (path) => symlink(path, path)],
    [
      'a link to a file',
      78,
      /is a file/,
      (path) => writeFile(`${path}-file`, '').then(() => symlink(`${path}-file`, path)),
    ],
    [
      'in use and readable by others',
      78,
      /open to others \(mode 705\): chmod 700/,
      async (path) => {
        await mkdir(join(path, 'server'), { recursive: true })
        await writeFile(join(path, 'events.db'), '')
        await chmod(path, 0o705)
      },
    ],
    ['open to all', 78, /open to others \(mode 1777\)/, (path) => mkdir(path).then(() => chmod(path, 0o1777))],
  ]
  for (const setting of ['DATA_DIR', 'KEYS_DIR'])
    for (const [what, code, words, make] of directories) {
      it(`${setting} is ${what}`, async () => {
        const path = join(place.directory, 'it')
        await make(path)
        await refused({ [setting]: path }, code, new RegExp(`${setting} ${path}.*${words.source}`))
      })
    }

  it('is closed to others by the server itself where it is new and nobody could write there', async () => {
    const keys = join(place.directory, 'keys')
    for (const path of [place.data, keys]) await mkdir(path).then(() => chmod(path, 0o755))
    await begun({ KEYS_DIR: keys })
    for (const path of [place.data, keys]) expect((await stat(path)).mode & 0o777, path).to.equal(0o750)
  })

  it('DATA_DIR lies below a file', async () => {
    await writeFile(join(place.directory, 'file'), '')
    await refused({ DATA_DIR: join(place.directory, 'file', 'data') }, 78, /DATA_DIR .*file/)
  })

  it('the keys are gone: none are made in their place', async () => {
    const keys = join(place.directory, 'keys')
    await begun({ KEYS_DIR: keys })
    await rename(keys, `${keys}-away`)
    await refused({ KEYS_DIR: keys }, 78, /holds no keys, but this log was begun with some/)
    await mkdir(keys, { mode: 0o700 })
    await refused({ KEYS_DIR: keys }, 78, /holds no keys/)
    expect(await readdir(keys)).to.deep.equal([])
    const doctor = runServer({ DATA_DIR: place.data, KEYS_DIR: keys }, { program: 'cli', args: ['doctor'] })
    expect([await doctor.ended, doctor.complaints()]).to.deep.equal([78, []])
    expect(doctor.out()).to.match(/^wrong KEYS_DIR .* holds no keys/m)
    expect(await readdir(keys)).to.deep.equal([])
    await begun({ KEYS_DIR: `${keys}-away` })
  })

  it('the keys are damaged, open to others, or elsewhere', async () => {
    const keys = join(place.directory, 'keys')
    await begun({ KEYS_DIR: keys })
    const bundle = join(keys, 'server', 'bundle.json')
    const text = await readFile(bundle, 'utf8')
    await writeFile(bundle, text.slice(0, 200))
    await refused({ KEYS_DIR: keys }, 78, /damaged: not JSON$/)
    await writeFile(bundle, text.replace('"tokenKey": "', '"tokenKey": "*'))
    await refused({ KEYS_DIR: keys }, 78, /damaged: tokenKey$/)
    await writeFile(bundle, text)
    await chmod(bundle, 0o644)
    await refused({ KEYS_DIR: keys }, 78, /open to others: chmod 600/)
    await refused({ KEYS_DIR: join(place.directory, 'data', 'keys', 'none') }, 78, /holds no keys/)
  })

  it('an export that is not there, a directory in its place, one that is there already', async () => {
    await begun()
    const cli = (...args: readonly string[]): RunOptions => ({ program: 'cli', args })
    const nowhere = join(place.directory, 'nowhere')
    await refused({}, 78, /no such file or directory/, cli('events', 'import', nowhere))
    await refused({}, 78, /a directory, not a file/, cli('events', 'import', place.directory))
    await refused({}, 78, /something of this name already/, cli('events', 'export', join(place.data, 'events.db')))
    await refused({ DATA_DIR: nowhere }, 78, /holds no log/, cli('events', 'export'))
    await refused({}, 78, /no such file or directory/, cli('blobs', 'import', nowhere))
    expect(await readdir(place.directory)).to.deep.equal(['data'])
  })

  it('an EventStoreDB URL that names no host, or an address that is none, without a word of its password', async () => {
    for (const host of ['[::1', '[localhost]', 'user:secret@[127.0.0.1]:2113', 'a:2113,[2001:db8::1]2113', '::1:2113'])
      await refused({ EVENTSTORE_URL: `esdb://${host}?tls=false` }, 78, /^(?!.*secret).*is not understood/)
    for (const option of ['keepAliveInterval=soon', 'tls=maybe', 'nodePreference=any', 'tlsCAFile=/nowhere', 'no=1'])
      await refused({ EVENTSTORE_URL: `esdb://user:secret@[::1]?${option}` }, 78, /^(?!.*secret).*understood|unknown/)
  })

  it('an EventStoreDB URL whose option has no effect, without a word of its password', async () => {
    for (const option of ['tlsVerifyCert=false', 'tls=true&TLSVERIFYCERT=false', 'tlsVerifyCert=false&tls=true']) {
      const url = `esdb://user:secret@127.0.0.1:1?${option}`
      await refused({ EVENTSTORE_URL: url, STORE_WAIT_S: '0' }, 78, /^(?!.*secret).*no effect .* tlsCAFile/)
    }
  })

  it('TLS files that are not there, are no certificate, or do not belong together', async () => {
    const file = join(place.directory, 'cert.pem')
    await refused({ TLS_CERT: file, TLS_KEY: file }, 78, /TLS_CERT .*no such file/)
    await writeFile(file, 'no certificate')
    await refused({ TLS_CERT: file, TLS_KEY: file }, 78, /cannot be used/)
  })

  /** A small disk of our own, where the machine lets us have one. */
  const withDisk = async (work: (disk: string) => Promise<void>): Promise<boolean> => {
    const disk = join(place.directory, 'disk')
    await mkdir(disk)
    try {
      shell(`mount -t tmpfs -o size=20m,mode=700 tmpfs ${disk}`)
    } catch {
      return false
    }
    try {
      await work(disk)
    } finally {
      shell(`umount -l ${disk}`)
    }
    return true
  }

  it('a read-only disk', async function () {
    const had = await withDisk(async (disk) => {
      const data = join(disk, 'data')
      await mkdir(data, { mode: 0o700 })
      shell(`mount -o remount,ro ${disk}`)
      await refused({ DATA_DIR: data }, 74, /DATA_DIR .*read-only/)
      await refused({ DATA_DIR: join(disk, 'fresh') }, 74, /DATA_DIR .*read-only/)
      await refused({ KEYS_DIR: join(disk, 'fresh') }, 74, /KEYS_DIR .*read-only/)
    })
    if (!had) {
      console.log('      skipped: this user may not mount a disk')
      this.skip()
    }
  })

  it('a full disk', async function () {
    const had = await withDisk(async (disk) => {
      shell(`dd if=/dev/zero of=${disk}/ballast bs=4k 2>/dev/null || true`)
      await refused({ DATA_DIR: join(disk, 'fresh') }, 74, /DATA_DIR .*(full|disk)/)
      await refused({ KEYS_DIR: join(disk, 'keys') }, 74, /KEYS_DIR .*full/)
    })
    if (!had) {
      console.log('      skipped: this user may not mount a disk')
      this.skip()
    }
  })
})
