import { existsSync, readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { changeBundle } from '#src/adapters/keys/changeBundle.js'
import { addKey, initKeys, openKeys, rootKeyIn } from '#src/adapters/keys/directory.js'
import { memoryKeys } from '#src/adapters/keys/memory.js'
import type { Keys } from '#src/ports/keys.js'
import { temporaryDirectory } from '../temporaryDirectory.js'
import type { TemporaryDirectory } from '../temporaryDirectory.js'
import { domain, user } from '../../commands/people.js'

const now = Date.UTC(2026, 10, 25)

const subjectsContract = (open: () => Promise<Keys>): void => {
  it('makes a key once, finds it again, and forgets it when told', async () => {
    const { subjects } = await open()
    expect(await subjects.get(user(1))).to.equal(undefined)
    const made = await Promise.all([1, 2, 3, 4].map(() => subjects.create(user(1))))
    expect(made[0]).to.have.length(32)
    for (const key of made) expect(key).to.deep.equal(made[0])
    expect(await subjects.get(user(1))).to.deep.equal(made[0])
    expect(await subjects.create(user(2))).not.to.deep.equal(made[0])
    await subjects.erase(user(1), now)
    await subjects.erase(user(1), now)
    expect(await subjects.get(user(1))).to.equal(undefined)
    expect(await subjects.get(user(2))).to.have.length(32)
  })
}

describe('keys in memory', () => {
  subjectsContract(() => memoryKeys(domain, now))
})

describe('keys in a directory', () => {
  let directory: TemporaryDirectory
  beforeEach(() => {
    directory = temporaryDirectory()
  })
  afterEach(() => {
    directory.remove()
  })
  const path = (...parts: string[]): string => join(directory.path, 'keys', ...parts)

  subjectsContract(() => initKeys(path(), domain, now))

  it('are not there before they are made', async () => {
    expect(await openKeys(path())).to.equal(undefined)
  })

  it('are the same whenever they are opened, and made only once', async () => {
    const made = await initKeys(path(), domain, now)
    const opened = await openKeys(path())
    expect(opened?.server).to.deep.equal(made.server)
    const again = await initKeys(path(), domain, now + 1)
    expect(again.server).to.deep.equal(made.server)
    expect(readdirSync(path())).to.deep.equal(['server'])
  })

  it('get another federation key, which signs in two days while the one before it still holds, or at once and alone', async () => {
    const made = await initKeys(path(), domain, now)
    const [first] = made.server.federationKeys
    const later = now + 30 * 24 * 3_600_000
    const server = await addKey(path(), { kind: 'federation', atOnce: false }, later)
    expect(server.fingerprint).to.equal(made.server.fingerprint)
    expect(
      server.federationKeys.map(({ id, notBefore, notAfter }) => ({ id, notBefore, notAfter })).slice(0, 1),
    ).to.deep.equal([{ id: first!.id, notBefore: first!.notBefore, notAfter: later + 3 * 24 * 3_600_000 }])
    expect(server.federationKeys[1]!.notBefore).to.equal(later + 2 * 24 * 3_600_000)
    const last = await addKey(path(), { kind: 'federation', atOnce: true }, later + 1)
    expect(last.federationKeys.map(({ notAfter }) => notAfter > later + 1)).to.deep.equal([false, false, true])
    expect(last.federationKeys[2]!.notBefore).to.be.below(later + 1)
    expect(await openKeys(path()))
      .to.have.property('server')
      .that.deep.equals(last)
    expect(readdirSync(path('server')).toSorted()).to.deep.equal(['bundle.json', 'root.key'])
  })

  it('get another frank key, which stamps in a day, beside the one that every bundle has', async () => {
    const made = await initKeys(path(), domain, now)
    const [first, ...none] = made.server.frankKeys
    expect([first?.version, first?.notBefore, first?.key.length, none]).to.deep.equal([1, 0, 32, []])
    const server = await addKey(path(), { kind: 'frank' }, now)
    const day = 24 * 3_600_000
    expect(server.frankKeys.map(({ version, notBefore }) => [version, notBefore])).to.deep.equal([
      [1, 0],
      [2, now + day],
    ])
    expect(server.frankKeys[0]).to.deep.equal(first)
    expect(server.frankKeys[1]!.key).not.to.deep.equal(first!.key)
    expect(server.fingerprint).to.equal(made.server.fingerprint)
    const again = await addKey(path(), { kind: 'frank' }, now + day)
    expect(again.frankKeys.slice(0, 2)).to.deep.equal(server.frankKeys)
    expect(again.frankKeys[2]).to.include({ version: 3, notBefore: now + 2 * day })
    expect((await openKeys(path()))?.server).to.deep.equal(again)
  })

  it('of an earlier build are read: they have no federation key, and get one that signs at once', async () => {
    await initKeys(path(), domain, now)
    const file = path('server', 'bundle.json')
    const { federationKeys: _, ...earlier } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    writeFileSync(file, JSON.stringify(earlier))
    const opened = await openKeys(path())
    expect(opened?.server.federationKeys).to.deep.equal([])
    const server = await addKey(path(), { kind: 'federation', atOnce: false }, now)
    expect(server.federationKeys.map(({ notBefore }) => notBefore < now)).to.deep.equal([true])
    expect(server.fingerprint).to.equal(opened?.server.fingerprint)
  })

  it('get others of each kind, which change nothing of those that are there, nor whose server they are', async () => {
    const made = await initKeys(path(), domain, now)
    const rootPrivateKey = (await rootKeyIn(path()))!
    const later = now + 1_000
    for (const kind of ['token', 'sealing', 'push'] as const) await addKey(path(), { kind }, later)
    const server = await addKey(path(), { kind: 'intermediate', rootPrivateKey }, later)
    expect(server.fingerprint).to.equal(made.server.fingerprint)
    expect(server.print).not.to.equal(made.server.print)
    for (const list of ['tokenKeys', 'sealingKeys', 'vapidKeys', 'intermediates'] as const) {
      expect(server[list], list).to.have.length(2)
      expect(server[list][0]).to.deep.equal(made.server[list][0])
      expect(new Set(server[list].map(({ print }) => print)).size, list).to.equal(2)
      expect(server[list][1]!.made, list).to.be.within(later - 1_000, later)
    }
    expect((await openKeys(path()))?.server).to.deep.equal(server)
  })

  it('are found again by whoever has them open, at once too, and those of another server are not', async () => {
    const opened = await initKeys(path(), domain, now)
    const before = readFileSync(path('server', 'bundle.json'), 'utf8')
    const added = await addKey(path(), { kind: 'token' }, now)
    expect(opened.server.tokenKeys).to.have.length(1)
    await opened.reload()
    expect(opened.server).to.deep.equal(added)
    const more = await addKey(path(), { kind: 'token' }, now)
    opened.reloadNow()
    expect(opened.server).to.deep.equal(more)
    const other = { ...(JSON.parse(before) as object), tokenKey: 'A'.repeat(43) }
    writeFileSync(path('server', 'bundle.json'), JSON.stringify(other))
    expect(() => {
      opened.reloadNow()
    }).to.throw('another server')
    expect(opened.server).to.deep.equal(more)
  })

  it('lose none where several are added at once', async () => {
    await initKeys(path(), domain, now)
    const added = await Promise.allSettled([1, 2, 3].map(() => addKey(path(), { kind: 'token' }, now)))
    const done = added.filter(({ status }) => status === 'fulfilled')
    expect(done).not.to.deep.equal([])
    expect((await openKeys(path()))!.server.tokenKeys).to.have.length(1 + done.length)
  })

  it('are whole after a crash amid a change, whose leavings go with the next', async () => {
    const made = await initKeys(path(), domain, now)
    writeFileSync(path('server', 'bundle.json.AAAAAAAAAAAA'), '{"half')
    writeFileSync(path('server', 'bundle.json.lock'), '')
    utimesSync(path('server', 'bundle.json.lock'), 0, 0)
    expect((await openKeys(path()))!.server).to.deep.equal(made.server)
    await addKey(path(), { kind: 'push' }, now)
    expect(readdirSync(path('server')).toSorted()).to.deep.equal(['bundle.json', 'root.key'])
    writeFileSync(path('server', 'bundle.json.lock'), '')
    const refusal = await addKey(path(), { kind: 'push' }, now).catch(String)
    expect(refusal).to.match(/are being changed/)
  })

  it('lose none where several find that a crash left a lock', async () => {
    await initKeys(path(), domain, now)
    let count = 1
    for (let round = 0; round < 30; round++) {
      writeFileSync(path('server', 'bundle.json.lock'), 'whose')
      utimesSync(path('server', 'bundle.json.lock'), 0, 0)
      const added = await Promise.allSettled([1, 2, 3, 4, 5].map(() => addKey(path(), { kind: 'token' }, now)))
      for (const one of added) if (one.status === 'rejected') expect(String(one.reason)).to.match(/are being changed/)
      count += added.filter(({ status }) => status === 'fulfilled').length
      expect((await openKeys(path()))!.server.tokenKeys, `round ${round}`).to.have.length(count)
    }
    expect(count).to.be.at.least(31)
    expect(readdirSync(path('server')).toSorted()).to.deep.equal(['bundle.json', 'root.key'])
  })

  it('are not changed by who took so long that another has the lock', async () => {
    await initKeys(path(), domain, now)
    const file = path('server', 'bundle.json')
    const before = readFileSync(file, 'utf8')
    const late = changeBundle(file, (text) => {
      writeFileSync(`${file}.lock`, 'of another')
      return Promise.resolve(`${text} `)
    })
    expect(await late.catch(String)).to.match(/are being changed/)
    expect([readFileSync(file, 'utf8'), readFileSync(`${file}.lock`, 'utf8')]).to.deep.equal([before, 'of another'])
  })

  it('get no intermediate of a root whose key it is not', async () => {
    await initKeys(path(), domain, now)
    const strange = await initKeys(path('strange'), domain, now)
    await strange.close()
    for (const rootPrivateKey of [(await rootKeyIn(path('strange')))!, new Uint8Array(48)])
      expect(await addKey(path(), { kind: 'intermediate', rootPrivateKey }, now).catch(String)).to.match(
        /not the private key of the root/,
      )
  })

  it('are made once by processes that start together', async () => {
    const all = await Promise.all([1, 2, 3].map(() => initKeys(path(), domain, now)))
    expect(new Set(all.map(({ server }) => server.fingerprint)).size).to.equal(1)
    expect(readdirSync(path())).to.deep.equal(['server'])
  })

  it('are told apart by their fingerprint', async () => {
    const one = await memoryKeys(domain, now)
    const other = await memoryKeys(domain, now)
    expect(one.server.fingerprint).not.to.equal(other.server.fingerprint)
  })

  it('open without the root key, which may be taken away', async () => {
    await initKeys(path(), domain, now)
    expect(existsSync(path('server', 'root.key'))).to.equal(true)
    const { rmSync } = await import('node:fs')
    rmSync(path('server', 'root.key'))
    expect(await openKeys(path())).to.have.nested.property('server.domain', domain)
  })

  it('are readable by nobody else', async () => {
    const { subjects } = await initKeys(path(), domain, now)
    await subjects.create(user(1))
    const all = readdirSync(path(), { recursive: true, withFileTypes: true })
    expect(all).to.have.length.greaterThan(4)
    for (const entry of [...all.map((one) => join(one.parentPath, one.name)), path()]) {
      expect(statSync(entry).mode & 0o077, entry).to.equal(0)
    }
  })

  it('are gone with an erasure even when a crash left a second name of the key', async () => {
    const { subjects } = await initKeys(path(), domain, now)
    await subjects.create(user(1))
    const { linkSync } = await import('node:fs')
    const [shard] = readdirSync(path('subjects'))
    const [file] = readdirSync(path('subjects', shard!))
    linkSync(path('subjects', shard!, file!), path('subjects', shard!, `${file!}.unfinished`))
    await subjects.erase(user(1), now)
    expect(readdirSync(path('subjects', shard!))).to.deep.equal([])
  })
})
