/** The embedded read models keep the contract of read models, and mend damaged files. */
import { expect } from 'chai'
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '#src/adapters/embedded/database.js'
import { openEmbeddedReadModels } from '#src/adapters/embedded/views/readModels.js'
import { origin, toPosition } from '#src/ports/position.js'
import type { Schema } from '#src/ports/readModels.js'
import { readModelsContract } from '../../ports/readModels.contract.js'
import { temporaryDirectory, type TemporaryDirectory } from '../temporaryDirectory.js'

readModelsContract('embedded', async () => {
  const directory = temporaryDirectory()
  const readModels = await openEmbeddedReadModels({ directory: directory.path })
  let current = readModels
  return {
    readModels,
    reopen: async () => {
      await current.close()
      current = await openEmbeddedReadModels({ directory: directory.path })
      return current
    },
    close: async () => {
      await current.close()
      directory.remove()
    },
  }
})

describe('the files of embedded read models', () => {
  const schema: Schema = { name: 'users', version: 3, tables: { users: { key: ['user'], indexes: {} } } }
  let directory: TemporaryDirectory
  beforeEach(() => {
    directory = temporaryDirectory()
  })
  afterEach(() => {
    directory.remove()
  })

  it('are one for each version, and private', async () => {
    const readModels = await openEmbeddedReadModels({ directory: directory.path })
    await readModels.open(schema, 'log')
    await readModels.open({ ...schema, version: 4 }, 'log')
    const views = join(directory.path, 'views')
    expect(readdirSync(views).filter((file) => file.endsWith('.db'))).to.have.members(['users-3.db', 'users-4.db'])
    for (const file of readdirSync(views)) expect(statSync(join(views, file)).mode & 0o077, file).to.equal(0)
    await readModels.close()
  })

  it('are made anew when damaged: the log holds what stood in them', async () => {
    let readModels = await openEmbeddedReadModels({ directory: directory.path })
    const model = await readModels.open(schema, 'log')
    await model.apply([{ table: 'users', put: { user: 'ana' } }], toPosition(5), origin)
    await readModels.close()
    const file = join(directory.path, 'views', 'users-3.db')
    for (const companion of ['-wal', '-shm']) rmSync(`${file}${companion}`, { force: true })
    writeFileSync(file, Buffer.alloc(8192, 7))
    readModels = await openEmbeddedReadModels({ directory: directory.path })
    expect(await (await readModels.open(schema, 'log')).checkpoint()).to.equal(origin)
    await readModels.close()
  })

  it('start empty when the schema looks otherwise under the same version', async () => {
    const readModels = await openEmbeddedReadModels({ directory: directory.path })
    const model = await readModels.open(schema, 'log')
    await model.apply([{ table: 'users', put: { user: 'ana' } }], toPosition(5), origin)
    const other = { ...schema, tables: { users: { key: ['user'], indexes: { byName: ['name'] } } } }
    const changed = await readModels.open(other, 'log')
    expect(await changed.checkpoint()).to.equal(origin)
    expect(await changed.range({ table: 'users', index: 'byName', prefix: [], limit: 5 })).to.deep.equal([])
    await readModels.close()
  })

  it('are counted while nobody can write them, and by nobody who would', async () => {
    const readModels = await openEmbeddedReadModels({ directory: directory.path })
    const model = await readModels.open(schema, 'log')
    const another = openDatabase(join(directory.path, 'views', 'users-3.db'), { durability: 'normal' })
    another.exec('BEGIN IMMEDIATE')
    let written = false
    const writing = model
      .apply([{ table: 'users', put: { user: 'ana' } }], toPosition(5), origin)
      .finally(() => (written = true))
    expect(await model.rows()).to.deep.equal({ users: 0 })
    expect(written).to.equal(false)
    another.exec('ROLLBACK')
    another.close()
    await writing
    await readModels.close()
  })

  it('refuse names that would leave the directory', async () => {
    const readModels = await openEmbeddedReadModels({ directory: directory.path })
    for (const name of ['../evil', 'a/b', '', 'a b'])
      expect(await readModels.open({ ...schema, name }, 'log').catch((error: unknown) => error)).to.be.instanceOf(
        RangeError,
      )
    await readModels.close()
  })
})
