/** `homeserver backup`: log, blobs, assets and keys of an embedded server that may be running, each file held against a manifest. */
import { terminalClock, terminalRandom } from '../../compose/terminal.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { command } from '../command.js'
import { BadBackup } from './manifest.js'
import { placesOf } from './places.js'
import { progressOn } from '../progress.js'
import { takeBackup } from './takeBackup.js'
import { refuseUnlessEmpty, wholeOrNot } from './wholeOrNot.js'

export const backupCommand = command({
  summary: 'copy log, blobs, assets and keys of an embedded server, running or not, into new directories',
  example: 'backup /mnt/backups/monday --data-dir /var/lib/homeserver',
  words: { DIRECTORY: 'for log, blobs and assets; it must not be there yet, or be empty' },
  optional: { KEYS: 'for the keys, to be kept apart from the log (DIRECTORY-keys)' },
  switches: {},
  settings: ['DATA_DIR', 'KEYS_DIR', 'S3_BUCKET'],
  run: async ({ config, words, note }) => {
    const { data, keys } = placesOf(config, words)
    await refuseUnlessEmpty(data)
    await refuseUnlessEmpty(keys)
    const progress = progressOn(process.stderr, () => terminalClock.now())
    const tag = toBase64url(terminalRandom.bytes(6))
    try {
      const taken = await wholeOrNot([keys, data] as const, tag, ([forKeys, forData]) =>
        takeBackup(config, forData, forKeys, progress),
      )
      progress.end()
      note(
        `backed up ${taken.events} events, head ${taken.head}, log ${taken.logId}, ${taken.assets} assets and ${taken.blobs} blobs to ${data}`,
      )
      if (config.s3 !== undefined) note(`assets are in S3 bucket ${config.s3.bucket}, and not in this backup`)
      note(`keys in ${keys}: keep them apart from the log`)
      return 0
    } catch (error) {
      progress.end()
      if (!(error instanceof BadBackup)) throw error
      note(`homeserver: ${error.message}: nothing was backed up (homeserver events verify tells more)`)
      return 74
    }
  },
})
