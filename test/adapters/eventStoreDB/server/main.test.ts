/** The test server as a process of its own keeps what it acknowledged, killed or not. */
import { expect } from 'chai'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openEventStoreDB } from '#src/adapters/eventStoreDB/eventStore.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { temporaryDirectory } from '../../temporaryDirectory.js'
import { datas, newEvent } from '../given.js'
import { quietLog } from '../quietLog.js'

const main = fileURLToPath(new URL('./main.js', import.meta.url))

describe("EventStoreDB's test server, killed with -9", () => {
  it('loses nothing that it acknowledged, nor writes a retry twice', async () => {
    const folder = temporaryDirectory()
    const file = join(folder.path, 'log')
    const first = await start(file, 0)
    const store = openEventStoreDB({ url: first.url, log: quietLog(), clock: systemClock })
    try {
      for (let n = 0; n < 10; n++) await store.append('s', [newEvent(n)], 'any')
      const names = Array.from({ length: 20 }, (_, n) => `s${n}`)
      const rest = names.map((name) => store.append(name, [newEvent(name)], 'none'))
      await kill(first.process)
      const second = await start(file, first.port)
      await Promise.all(rest)
      expect(datas(await store.readStream('s'))).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      for (const name of names) expect(datas(await store.readStream(name))).to.deep.equal([name])
      await store.close()
      await kill(second.process)
    } finally {
      await store.close()
      folder.remove()
    }
  })
})

const start = async (file: string, port: number): Promise<{ process: ChildProcess; url: string; port: number }> => {
  const child = spawn(process.execPath, [main, '--port', String(port), '--file', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { process: child, url, port: Number(/:(\d+)\?/.exec(url)?.[1]) }
}

const kill = async (child: ChildProcess): Promise<void> => {
  child.kill('SIGKILL')
  await once(child, 'exit')
}
