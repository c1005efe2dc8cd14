/** Failures of the disk, by whoever keeps files, as the ports name them. */
import { expect } from 'chai'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { subjectKeyFiles } from '#src/adapters/keys/subjectKeys.js'
import { onDisk } from '#src/adapters/onDisk.js'
import { parseUserId } from '#src/mls/wire/ids.js'
import { StorageFull, StoreUnavailable } from '#src/ports/eventStore.js'
import { temporaryDirectory } from './temporaryDirectory.js'

describe('work on files', () => {
  const failing = (error: Error): Promise<unknown> =>
    onDisk('a thing cannot be written', () => Promise.reject(error)).catch((told: unknown) => told)
  const coded = (code: string): Error => Object.assign(new Error(code), { code })

  it('without room is StorageFull, on a disk that fails StoreUnavailable', async () => {
    for (const code of ['ENOSPC', 'EDQUOT']) expect(await failing(coded(code))).to.be.instanceOf(StorageFull)
    for (const code of ['EIO', 'EROFS', 'EMFILE']) expect(await failing(coded(code))).to.be.instanceOf(StoreUnavailable)
  })

  it('that finds what it does not understand says so itself: no waiting mends that', async () => {
    const damaged = new Error('damaged')
    expect(await failing(damaged)).to.equal(damaged)
  })

  it('is that of subject keys too', async () => {
    const directory = temporaryDirectory()
    const keys = subjectKeyFiles(join(directory.path, 'file', 'subjects'), { add: () => Promise.resolve() })
    writeFileSync(join(directory.path, 'file'), '')
    const user = parseUserId(`mimi://example.org/u/${'A'.repeat(22)}`)!
    expect(await keys.create(user).catch((error: unknown) => error)).to.be.instanceOf(StoreUnavailable)
    directory.remove()
  })
})
