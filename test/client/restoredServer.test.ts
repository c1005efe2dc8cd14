/** A homeserver that was restored from an export: clients see that the log is another one, and come into step with it. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { openClient } from '#src/client/index.js'
import { eventually } from '../stores/eventually.js'
import { startServer } from '../support/startServer.js'
import { groupOf, openScene } from '../scenarios/scene.js'

const cli = join(dirname(fileURLToPath(import.meta.url)), '../../../cli/main.js')
const homeserver = (dataDir: string, ...words: readonly string[]) =>
  promisify(execFile)(process.execPath, [cli, ...words, '--data-dir', dataDir])

describe('A restored homeserver', () => {
  it('takes its clients up again where it stands, and they resync what it has behind them', async () => {
    const scene = await openScene()
    const alice = await scene.register('alice')
    const bob = await scene.register('bob')
    const group = await groupOf(alice, bob)
    await group.send('before the backup')
    await bob.untilText('before the backup')
    await alice.client.sync()

    const place = await mkdtemp(join(tmpdir(), 'homeserver-restored-'))
    const file = join(place, 'events.jsonl')
    await homeserver(scene.server.dataDir, 'events', 'export', file)
    await group.update()
    await group.send('lost with the disk')
    await bob.untilText('lost with the disk')

    const restored = join(place, 'data')
    await cp(join(scene.server.dataDir, 'keys'), join(restored, 'keys'), { recursive: true })
    await homeserver(restored, 'events', 'import', file)
    await alice.client.close()
    await bob.client.close()
    await homeserver(restored, 'blobs', 'import', scene.server.dataDir)
    await scene.close()

    const server = await startServer({ DATA_DIR: restored })
    const [again, other] = await Promise.all([alice, bob].map(({ store }) => openClient({ server: server.url, store })))
    try {
      await again!.sync()
      await other!.connect()
      const types = (await again!.take()).map(({ type }) => type)
      expect(types).to.include('outOfStep').and.to.include('resynced')
      const inStep = async (): Promise<boolean> => {
        await again!.sync()
        const [mine, theirs] = [again!.group(group.id), other!.group(group.id)]
        return theirs.status() === 'active' && theirs.epoch() === mine.epoch()
      }
      await eventually('both in one epoch', inStep)
      await again!.group(group.id).send('after the restore')
      for await (const { text } of other!.messages()) if (text === 'after the restore') break
    } finally {
      await again!.close()
      await other!.close()
      await server.stop()
      await rm(place, { recursive: true })
    }
  })
})
