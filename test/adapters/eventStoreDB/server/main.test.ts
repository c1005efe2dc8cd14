/** The test server as a process of its own keeps what it acknowledged, killed or not. */
import { expect } from 'chai'
import { join } from 'node:path'
import { openEventStoreDB } from '#src/adapters/eventStoreDB/eventStore.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { temporaryDirectory } from '../../temporaryDirectory.js'
import { datas, newEvent } from '../given.js'
import { quietLogger } from '../quietLogger.js'
import { spawnTestServer } from './spawn.js'

describe("EventStoreDB's test server, killed with -9", () => {
  it('loses nothing that it acknowledged, nor writes a retry twice', async () => {
    const folder = temporaryDirectory()
    const file = join(folder.path, 'log')
    let server = await spawnTestServer({ file })
    const store = openEventStoreDB({ url: server.url, logger: quietLogger(), clock: systemClock })
    try {
      for (let n = 0; n < 10; n++) await store.append('s', [newEvent(n)], 'any')
      const names = Array.from({ length: 20 }, (_, n) => `s${n}`)
      const rest = names.map((name) => store.append(name, [newEvent(name)], 'none'))
      await server.kill()
      server = await spawnTestServer({ file, port: server.port })
      await Promise.all(rest)
      expect(datas(await store.readStream('s'))).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      for (const name of names) expect(datas(await store.readStream(name))).to.deep.equal([name])
    } finally {
      await store.close()
      await server.kill()
      folder.remove()
    }
  })
})
