/** `homeserver blobs import`: what events name but do not hold, from the data directory of another server into this one's stores. */
import { serverAggregate } from '../commands/server/server.js'
import { streamsHere, openBlobsIn, openLogToReadHere, openReadSideHere } from '../compose/terminal.js'
import type { Config } from '../compose/config.js'
import { serverStream } from '../events/server.js'
import { copyBlobs, DamagedBlob } from './copyBlobs.js'
import type { Command } from './command.js'
import { withLog } from './withLog.js'

export const importBlobsCommand: Command = {
  usage: 'blobs import DATA_DIR',
  summary: 'copy the blobs of a stopped embedded server into the stores of the settings, after events import',
  run: async ({ config, words: [directory], note }) => {
    if (directory === undefined) {
      note('homeserver: from which data directory? blobs import DATA_DIR')
      return 64
    }
    const logId = await logIdOf(config)
    if (logId === undefined) {
      note('homeserver: the log of the settings is empty: events import comes first')
      return 78
    }
    const readSide = await openReadSideHere(config, logId)
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
}

const logIdOf = (config: Config): Promise<string | undefined> =>
  withLog(openLogToReadHere(config), async (events) => {
    const { state } = await streamsHere(events).read(serverAggregate, serverStream)
    return state.status === 'new' ? undefined : state.logId
  })
