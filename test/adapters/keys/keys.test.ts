import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { addFederationKey, addFrankKey, initKeys, openKeys } from '#src/adapters/keys/directory.js'
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
    await subjects.erase(user(1))
    await subjects.erase(user(1))
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
    const { server } = await addFederationKey(path(), later, false)
    expect(server.fingerprint).to.equal(made.server.fingerprint)
    expect(
      server.federationKeys.map(({ id, notBefore, notAfter }) => ({ id, notBefore, notAfter })).slice(0, 1),
    ).to.deep.equal([{ id: first!.id, notBefore: first!.notBefore, notAfter: later + 3 * 24 * 3_600_000 }])
    expect(server.federationKeys[1]!.notBefore).to.equal(later + 2 * 24 * 3_600_000)
    const last = await addFederationKey(path(), later + 1, true)
    expect(last.server.federationKeys.map(({ notAfter }) => notAfter > later + 1)).to.deep.equal([false, false, true])
    expect(last.server.federationKeys[2]!.notBefore).to.be.below(later + 1)
    expect(await openKeys(path()))
      .to.have.property('server')
      .that.deep.equals(last.server)
    expect(readdirSync(path('server')).toSorted()).to.deep.equal(['bundle.json', 'root.key'])
  })

  it('get another frank key, which stamps in a day, beside the one that every bundle has', async () => {
    const made = await initKeys(path(), domain, now)
    const [first, ...none] = made.server.frankKeys
    expect([first?.version, first?.notBefore, first?.key.length, none]).to.deep.equal([1, 0, 32, []])
    const { server } = await addFrankKey(path(), now)
    const day = 24 * 3_600_000
    expect(server.frankKeys.map(({ version, notBefore }) => [version, notBefore])).to.deep.equal([
      [1, 0],
      [2, now + day],
    ])
    expect(server.frankKeys[0]).to.deep.equal(first)
    expect(server.frankKeys[1]!.key).not.to.deep.equal(first!.key)
    expect(server.fingerprint).to.equal(made.server.fingerprint)
    const again = await addFrankKey(path(), now + day)
    expect(again.server.frankKeys.slice(0, 2)).to.deep.equal(server.frankKeys)
    expect(again.server.frankKeys[2]).to.include({ version: 3, notBefore: now + 2 * day })
    expect((await openKeys(path()))?.server).to.deep.equal(again.server)
  })

  it('of an earlier build are read: they have no federation key, and get one that signs at once', async () => {
    await initKeys(path(), domain, now)
    const file = path('server', 'bundle.json')
    const { federationKeys: _, ...earlier } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    writeFileSync(file, JSON.stringify(earlier))
    const opened = await openKeys(path())
    expect(opened?.server.federationKeys).to.deep.equal([])
    const { server } = await addFederationKey(path(), now, false)
    expect(server.federationKeys.map(({ notBefore }) => notBefore < now)).to.deep.equal([true])
    expect(server.fingerprint).to.equal(opened?.server.fingerprint)
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
    await subjects.erase(user(1))
    expect(readdirSync(path('subjects', shard!))).to.deep.equal([])
  })
})
