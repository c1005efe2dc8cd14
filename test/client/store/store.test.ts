/** The contract of the client's stores, on memory and on a file; what only the file has is cut off and torn below. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, readdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { StoreInUse } from '#src/client/store/fileLock.js'
import { fileStore } from '#src/client/store/fileStore.js'
import { memoryStore } from '#src/client/store/memoryStore.js'
import { decodeRecord, encodeRecord } from '#src/client/store/record.js'
import type { Store } from '#src/client/store/store.js'
import { temporaryDirectory } from '../../adapters/temporaryDirectory.js'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

const contract = (open: () => Promise<Store>): void => {
  it('gives back what was written, in copies of its own', async () => {
    const store = await open()
    const value = bytes(1, 2, 3)
    await store.write([{ key: 'a', value }])
    value[0] = 9
    const read = (await store.get('a'))!
    expect(read).to.deep.equal(bytes(1, 2, 3))
    read[0] = 9
    expect(await store.get('a')).to.deep.equal(bytes(1, 2, 3))
    await store.close()
  })

  it('lists keys by prefix, in order, without those deleted', async () => {
    const store = await open()
    await store.write(['x/2', 'y/1', 'x/1', 'x/3'].map((key) => ({ key, value: bytes() })))
    await store.write([{ key: 'x/3', value: undefined }])
    expect(await store.keys('x/')).to.deep.equal(['x/1', 'x/2'])
    expect(await store.get('x/3')).to.equal(undefined)
    await store.close()
  })
}

describe('Memory store', () => {
  contract(() => Promise.resolve(memoryStore()))
})

describe('File store', () => {
  const directory = temporaryDirectory()
  after(() => {
    directory.remove()
  })
  let count = 0
  const path = (): string => join(directory.path, `store-${++count}`)
  contract(() => fileStore(path()))

  it('has everything again when it is opened again', async () => {
    const at = path()
    const store = await fileStore(at)
    await store.write([{ key: 'a', value: bytes(1) }])
    await store.write([
      { key: 'a', value: undefined },
      { key: 'b', value: bytes(2) },
    ])
    await store.close()
    const again = await fileStore(at)
    expect(await again.keys('')).to.deep.equal(['b'])
    await again.close()
  })

  it('takes a write that was cut off anywhere for one that never was', async () => {
    const at = path()
    const store = await fileStore(at)
    await store.write([{ key: 'kept', value: bytes(1) }])
    const { size: before } = await stat(at)
    await store.write([
      { key: 'kept', value: bytes(2) },
      { key: 'torn', value: bytes(3) },
    ])
    const whole = await readFile(at)
    await store.close()
    for (let length = before; length < whole.length; length++) {
      await truncate(at, 0)
      await appendFile(at, whole.subarray(0, length))
      const again = await fileStore(at)
      expect(await again.keys(''), `cut at ${length}`).to.deep.equal(['kept'])
      expect(await again.get('kept')).to.deep.equal(bytes(1))
      await again.close()
    }
  })

  it('is open once: another opener is refused, by whatever path, until it is closed', async () => {
    const at = path()
    const store = await fileStore(at)
    const link = join(directory.path, `link-${count}`)
    await symlink(directory.path, link)
    for (const again of [at, join(link, basename(at))]) {
      const refused = await fileStore(again).catch((error: unknown) => error)
      expect(refused).to.be.an.instanceOf(StoreInUse)
      expect(String(refused)).to.include(`process ${process.pid}`)
    }
    await store.write([{ key: 'a', value: bytes(1) }])
    await store.close()
    const next = await fileStore(at)
    expect(await next.get('a')).to.deep.equal(bytes(1))
    await next.close()
    expect((await readdir(directory.path)).filter((name) => name.includes('.lock'))).to.deep.equal([])
  })

  it('is not to be had while another process has it, and is robbed when that is dead', async () => {
    const at = path()
    const module = new URL('../../../../client/store/fileStore.js', import.meta.url).href
    const script = `const { fileStore } = await import('${module}'); await fileStore('${at}'); console.log('open'); setInterval(() => {}, 1000)`
    const other = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(other.stdout, 'data')
    const refused = await fileStore(at).catch((error: unknown) => error)
    const ended = once(other, 'exit')
    other.kill('SIGKILL')
    await ended
    expect(String(refused)).to.include(`process ${other.pid}`)
    const robbed = await fileStore(at)
    await robbed.close()
  })

  it('is robbed of the lock of an earlier process of the same number, and of one that says nothing', async () => {
    for (const lock of [JSON.stringify({ pid: process.pid, began: '1', id: 'x' }), '']) {
      const at = path()
      await writeFile(`${at}.lock`, lock)
      await (await fileStore(at)).close()
    }
  })

  it('has one opener, however many come at once to rob it', async () => {
    const at = path()
    await writeFile(`${at}.lock`, JSON.stringify({ pid: 2 ** 30, began: '1', id: 'x' }))
    const opened = await Promise.allSettled(Array.from({ length: 20 }, () => fileStore(at)))
    const stores = opened.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    expect(stores).to.have.length(1)
    await stores[0]?.close()
  })

  it('is robbed also where somebody died who was about to rob it', async () => {
    const at = path()
    const dead = (id: string): string => JSON.stringify({ pid: 2 ** 30, began: '1', id })
    await writeFile(`${at}.lock`, dead('owner'))
    await writeFile(`${at}.lock.robber`, dead('robber'))
    const store = await fileStore(at)
    expect(String(await fileStore(at).catch((error: unknown) => error))).to.include(`process ${process.pid}`)
    await store.close()
    expect((await readdir(directory.path)).filter((name) => name.includes('.lock'))).to.deep.equal([])
  })

  it('stays small however often it is written', async () => {
    const at = path()
    const store = await fileStore(at)
    const value = new Uint8Array(100_000)
    for (let n = 0; n < 40; n++) await store.write([{ key: 'state', value }])
    expect((await stat(at)).size).to.be.below(1_500_000)
    await store.close()
  })
})

describe('Records', () => {
  it('keep bytes, integers of any size, and what is not there', () => {
    const record = { a: bytes(0, 255), b: 2n ** 64n - 1n, c: [{ d: bytes() }], e: undefined, f: 'text' }
    expect(decodeRecord(encodeRecord(record))).to.deep.equal({ a: record.a, b: record.b, c: record.c, f: 'text' })
  })
})
