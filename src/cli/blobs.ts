/** `homeserver blobs import`: what events name but do not hold, from the data directory of another server into this one's stores. */
import { access } from 'node:fs/promises'
import { serverAggregate } from '../commands/server/server.js'
import { streamsHere, openBlobsIn, openLogToReadHere, openReadSideHere } from '../compose/terminal.js'
import type { Config } from '../compose/settings/config.js'
import { serverStream } from '../events/server.js'
import { copyBlobs, DamagedBlob } from './copyBlobs.js'
import { command } from './command.js'
import { withLog } from './withLog.js'

export const importBlobsCommand = command({
  summary: 'copy the blobs of a stopped embedded server into the stores of the settings, after events import',
  example: 'blobs import ./data --mongodb-url mongodb://…',
  words: { DIRECTORY: 'the data directory of the stopped server' },
  optional: {},
  switches: {},
  settings: ['DATA_DIR', 'EVENTSTORE_URL', 'MONGODB_URL', 'STORE_WAIT_S'],
  run: async ({ config, words: { DIRECTORY: directory }, note }) => {
    // Opening it to write would make it.
    await access(directory)
    const logId = await logIdOf(config)
    if (logId === undefined) {
      note('homeserver: the log of the settings is empty: events import comes first')
      return 78
    }
    const readSide = await openReadSideHere(config, () => Promise.resolve(logId))
    try {
      const { count, bytes } = await copyBlobs(await openBlobsIn(directory), readSide.blobs)
      note(`imported ${count} blobs, ${bytes} bytes, each held against its digest`)
      return 0
    } catch (error) {
      if (!(error instanceof DamagedBlob)) throw error
      note(`homeserver: ${directory}: ${error.message}`)
      return 74
    } finally {
      await readSide.close()
    }
  },
})

const logIdOf = (config: Config): Promise<string | undefined> =>
  withLog(openLogToReadHere(config), async (events) => {
    const { state } = await streamsHere(events).read(serverAggregate, serverStream)
    return state.status === 'new' ? undefined : state.logId
  })
