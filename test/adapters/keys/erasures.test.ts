/** The register of erasures: append-only, each entry once, and nothing of it changed or left out unseen. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { initKeys, openKeys } from '#src/adapters/keys/directory.js'
import { memoryKeys } from '#src/adapters/keys/memory.js'
import { hashOfUser } from '#src/adapters/keys/receipts.js'
import { RegisterDamaged } from '#src/ports/keys.js'
import type { Erased, Keys } from '#src/ports/keys.js'
import { domain, user } from '../../commands/people.js'
import { temporaryDirectory } from '../temporaryDirectory.js'
import type { TemporaryDirectory } from '../temporaryDirectory.js'

const now = Date.UTC(2026, 10, 25)
const erased = (n: number): Erased => ({ user: hashOfUser(user(n)), at: now + n })

const registerContract = (open: () => Promise<Keys>): void => {
  it('has who was erased, in order, each once, under receipts of its own', async () => {
    const { subjects, erasures } = await open()
    await subjects.create(user(1))
    for (const n of [2, 1, 2]) await subjects.erase(user(n), now + n)
    await erasures.add([erased(1), erased(3)])
    const entries = await erasures.list()
    expect(entries.map(({ user: hash, at }) => ({ user: hash, at }))).to.deep.equal([erased(2), erased(1), erased(3)])
    expect(new Set(entries.map(({ receipt }) => receipt))).to.have.length(3)
    expect(erasures.wrongIn(entries)).to.equal(undefined)
  })

  it('knows an entry that was changed, left out, turned round, or is of another server', async () => {
    const { erasures } = await open()
    await erasures.add([erased(1), erased(2), erased(3)])
    const [one, two, three] = await erasures.list()
    expect(erasures.wrongIn([one!, { ...two!, at: 1 }, three!])).to.equal(2)
    expect(erasures.wrongIn([one!, three!])).to.equal(2)
    expect(erasures.wrongIn([two!, one!, three!])).to.equal(1)
    expect((await memoryKeys(domain, now)).erasures.wrongIn([one!])).to.equal(1)
    expect(erasures.wrongIn([one!, two!])).to.equal(undefined)
  })
}

describe('the register of erasures in memory', () => {
  registerContract(() => memoryKeys(domain, now))
})

describe('the register of erasures in a directory', () => {
  let directory: TemporaryDirectory
  beforeEach(() => {
    directory = temporaryDirectory()
  })
  afterEach(() => {
    directory.remove()
  })
  const path = (...parts: string[]): string => join(directory.path, 'keys', ...parts)
  const opened = async (): Promise<Keys> => (await openKeys(path())) ?? initKeys(path(), domain, now)

  registerContract(() => initKeys(path(), domain, now))

  it('takes what several processes enter at once, and is the same for all of them', async () => {
    await opened()
    const processes = await Promise.all([1, 2, 3].map(opened))
    await Promise.all(processes.map(({ erasures }, n) => erasures.add([erased(n), erased(n + 1), erased(n + 2)])))
    const [first, ...others] = await Promise.all(processes.map(({ erasures }) => erasures.list()))
    expect(first).to.have.length(5)
    for (const other of others) expect(other).to.deep.equal(first)
    expect(readdirSync(path('erasures')).every((name) => /^[0-9]{9}$/.test(name))).to.equal(true)
  })

  it('that is damaged says where, and the key of who is erased then goes all the same', async () => {
    const { erasures } = await opened()
    await erasures.add([erased(1), erased(2), erased(3)])
    const second = path('erasures', '000000002')
    const text = readFileSync(second, 'utf8')
    const spoils = [
      (): void => {
        writeFileSync(second, text.replace(`${now + 2}`, `${now + 3}`))
      },
      (): void => {
        writeFileSync(second, text.slice(0, 20))
      },
      (): void => {
        rmSync(second)
      },
    ]
    for (const spoil of spoils) {
      spoil()
      const { erasures: again, subjects } = await opened()
      const failure: unknown = await again.list().catch((error: unknown) => error)
      expect(failure).to.be.an.instanceOf(RegisterDamaged)
      expect(String(failure)).to.include('000000002')
      await subjects.create(user(4))
      expect(await subjects.erase(user(4), now).catch((error: unknown) => error)).to.be.an.instanceOf(RegisterDamaged)
      expect(await subjects.get(user(4))).to.equal(undefined)
    }
  })
})
