/** `homeserver restore` and `homeserver backup verify`: what `homeserver backup` made, into empty stores, or only examined. */
import { resolve } from 'node:path'
import { s3SettingNames } from '../../compose/settings/s3Settings.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import { command } from '../command.js'
import { lastOf } from './chain.js'
import { examineLog, readWholeChain } from './examineBackup.js'
import { heldKeys } from './heldKeys.js'
import { placesOf } from './places.js'
import { restoreBackup } from './restoreBackup.js'
import type { Restored } from './restoreBackup.js'
import { watched } from './watched.js'

export const restoreCommand = command({
  summary: 'put a backup into empty stores, examined before a byte is written; the log gets another id',
  example:
    'restore /mnt/backups/monday --erasures /mnt/backups/friday-keys/erasures.jsonl --data-dir /var/lib/homeserver',
  words: { DIRECTORY: 'what homeserver backup made' },
  optional: { KEYS: 'the keys of that backup (DIRECTORY-keys); not needed where KEYS_DIR has them' },
  switches: {
    'no-erasures-since': 'nobody was erased since the backup was taken',
    json: 'print what was done as JSON',
  },
  options: { erasures: ['FILE', 'the newest register of erasures: who is in it stays erased'] },
  settings: ['DOMAIN', 'DATA_DIR', 'KEYS_DIR', 'EVENTSTORE_URL', 'MONGODB_URL', ...s3SettingNames, 'STORE_WAIT_S'],
  run: ({ config, words, switches, options: { erasures: file }, out, note, progress }) =>
    watched('nothing was restored', note, async () => {
      const { data, keys } = placesOf(words)
      const noErasuresSince = switches.has('no-erasures-since')
      if (noErasuresSince && file !== undefined)
        throw new StartupProblem(64, '--erasures and --no-erasures-since are two answers to one question')
      const erasures = file === undefined ? undefined : resolve(file)
      const restored = await restoreBackup(config, data, keys, { erasures, noErasuresSince }, progress)
      if (switches.has('json')) out(JSON.stringify(restored))
      else for (const line of linesOf(restored, config)) note(line)
    }),
})

const linesOf = (
  { events, head, digest, logId, former, keys, erased }: Restored,
  { dataDir, keysDir }: { readonly dataDir: string; readonly keysDir: string },
): readonly string[] => [
  `restored ${events} events, head ${head}, log ${logId} (was ${former}), to ${dataDir}`,
  `digest ${digest} up to ${head}`,
  keys === 'there' ? `the keys in ${keysDir} stay as they are` : `keys restored to ${keysDir}`,
  ...(erased === 0 ? [] : [`${erased} who were erased since are deleted again`]),
]

export const verifyBackupCommand = command({
  summary: 'read a backup whole, with those that it goes on from, as a restore would before it writes',
  example: 'backup verify /mnt/backups/tuesday',
  words: { DIRECTORY: 'what homeserver backup made' },
  optional: { KEYS: 'the keys of that backup (DIRECTORY-keys)' },
  switches: { json: 'print what was found as JSON' },
  settings: ['DOMAIN'],
  run: ({ config, words, switches, out, note, progress }) =>
    watched('do not rely on it', note, async () => {
      const { data, keys } = placesOf(words)
      const chain = await readWholeChain(config, data, progress)
      const { manifest } = lastOf(chain)
      await heldKeys(keys, manifest, progress)
      const { events, digest } = await examineLog(chain, new Set(), progress)
      const { log, taken } = manifest
      const found = { backups: chain.length, events, head: log.to, log: log.id, digest, taken }
      if (switches.has('json')) out(JSON.stringify(found))
      else out(`${chain.length} backups hold: ${events} events, head ${log.to}, log ${log.id}, digest ${digest}`)
    }),
})
