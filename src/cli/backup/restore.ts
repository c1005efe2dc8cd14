/** `homeserver restore`: what `homeserver backup` made, into an empty DATA_DIR. */
import { terminalClock } from '../../compose/terminal.js'
import { command } from '../command.js'
import { BadBackup } from './manifest.js'
import { placesOf } from './places.js'
import { progressOn } from '../progress.js'
import { restoreBackup } from './restoreBackup.js'

export const restoreCommand = command({
  summary: 'put a backup into an empty DATA_DIR, examined before a byte is written; the log gets another id',
  example: 'restore /mnt/backups/monday --data-dir /var/lib/homeserver',
  words: { DIRECTORY: 'what homeserver backup made' },
  optional: { KEYS: 'the keys of that backup (DIRECTORY-keys); not needed where KEYS_DIR has them' },
  switches: {},
  settings: ['DOMAIN', 'DATA_DIR', 'KEYS_DIR'],
  run: async ({ config, words, note }) => {
    const { data, keys } = placesOf(config, words)
    const progress = progressOn(process.stderr, () => terminalClock.now())
    try {
      const restored = await restoreBackup(config, data, keys, progress)
      progress.end()
      note(
        `restored ${restored.events} events, head ${restored.head}, log ${restored.logId} (was ${restored.former}), to ${config.dataDir}`,
      )
      note(
        restored.keys === 'there'
          ? `the keys in ${config.keysDir} stay as they are`
          : `keys restored to ${config.keysDir}`,
      )
      return 0
    } catch (error) {
      progress.end()
      if (!(error instanceof BadBackup)) throw error
      note(`homeserver: ${error.message}: nothing was restored`)
      return 74
    }
  },
})
