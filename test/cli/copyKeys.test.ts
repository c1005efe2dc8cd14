/** The keys on their way into a backup while somebody is erased: a key that is in it is of somebody whom its register does not lack. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import files from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { initKeys } from '#src/adapters/keys/directory.js'
import { hashOfUser } from '#src/adapters/keys/receipts.js'
import { copyKeys } from '#src/cli/backup/copyKeys.js'
import { makeId, parseDomain } from '#src/mls/wire/ids.js'

describe('keys that are backed up', () => {
  let place: string
  const { copyFile } = files
  const withCopyFile = (copy: typeof copyFile): void => {
    files.copyFile = copy
    syncBuiltinESMExports()
  }
  before(async () => {
    place = await mkdtemp(join(tmpdir(), 'homeserver-keys-'))
  })
  after(async () => {
    withCopyFile(copyFile)
    await rm(place, { recursive: true, force: true })
  })

  it('have whoever is erased once their key was copied in the register beside it', async () => {
    const domain = parseDomain('localhost')!
    const user = makeId('user', domain, new Uint8Array(16))
    const keys = await initKeys(join(place, 'keys'), domain, 0)
    await keys.subjects.create(user)
    withCopyFile(async (from, to, mode) => {
      await copyFile(from, to, mode)
      if (String(from).includes('subjects')) await keys.subjects.erase(user, 1)
    })
    expect(await copyKeys(join(place, 'keys'), join(place, 'copy'))).to.equal(1)
    expect((await readdir(join(place, 'copy', 'subjects'), { recursive: true })).length).to.equal(2)
    expect(await readFile(join(place, 'copy', 'erasures.jsonl'), 'utf8')).to.include(hashOfUser(user))
  })
})
