/** `homeserver blobs import`: what events name but do not hold, blobs and the bytes of assets, from the data directory of another server into this one's stores. */
import { access } from 'node:fs/promises'
import { serverAggregate } from '../commands/server/server.js'
import { openAssetBytesIn, openBlobsIn, openLogToReadHere, openReadSideHere, streamsHere } from '../compose/terminal.js'
import type { Config } from '../compose/settings/config.js'
import { s3SettingNames } from '../compose/settings/s3Settings.js'
import { serverStream } from '../events/server.js'
import { copyAssets } from './copyAssets.js'
import { copyBlobs, DamagedBlob } from './copyBlobs.js'
import { command } from './command.js'
import { promisedAssets } from './promisedAssets.js'
import { withLog } from './withLog.js'

export const importBlobsCommand = command({
  summary: 'copy blobs and assets of a stopped embedded server into the stores of the settings, after events import',
  example: 'blobs import ./data --mongodb-url mongodb://…',
  words: { DIRECTORY: 'the data directory of the stopped server' },
  optional: {},
  switches: { json: 'print JSON on one line' },
  settings: ['DATA_DIR', 'EVENTSTORE_URL', 'MONGODB_URL', ...s3SettingNames, 'STORE_WAIT_S'],
  run: async ({ config, words: { DIRECTORY: directory }, switches, out, note, progress }) => {
    // Opening it to write would make it.
    await access(directory)
    const log = await served(config)
    if (log === undefined) {
      note('homeserver: the log of the settings is empty: events import comes first')
      return 78
    }
    const readSide = await openReadSideHere(config, () => Promise.resolve(log.logId))
    try {
      progress.say('copying blobs')
      const { count, bytes } = await copyBlobs(await openBlobsIn(directory), readSide.blobs)
      if (!switches.has('json')) note(`imported ${count} blobs, ${bytes} bytes, each held against its digest`)
      const assets = await copyAssets(await openAssetBytesIn(directory), readSide.assetBytes, log.promised)
      if (switches.has('json')) out(JSON.stringify({ blobs: { count, bytes }, assets }))
      else note(`imported ${assets.count} assets, ${assets.bytes} bytes, each held against size and digest`)
      for (const asset of assets.missing) note(`homeserver: ${directory}: the bytes of ${asset} are missing or damaged`)
      return assets.missing.length === 0 ? 0 : 74
    } catch (error) {
      if (!(error instanceof DamagedBlob)) throw error
      note(`homeserver: ${directory}: ${error.message}`)
      return 74
    } finally {
      await readSide.close()
    }
  },
})

/** Whose log it is, and which assets it promises; undefined where it has never been served. */
const served = (config: Config) =>
  withLog(openLogToReadHere(config), async (events) => {
    const { state } = await streamsHere(events).read(serverAggregate, serverStream)
    return state.status === 'new' ? undefined : { logId: state.logId, promised: await promisedAssets(events) }
  })
