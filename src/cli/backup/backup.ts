/** `homeserver backup`: log, blobs, assets and keys of a server that may be running, or what came since an earlier backup. */
import { resolve } from 'node:path'
import { terminalRandom } from '../../compose/terminal.js'
import { s3SettingNames } from '../../compose/settings/s3Settings.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { command } from '../command.js'
import { readChain } from './chain.js'
import { placesOf } from './places.js'
import { takeBackup } from './takeBackup.js'
import type { Taken } from './takeBackup.js'
import { watched } from './watched.js'
import { refuseUnlessEmpty, wholeOrNot } from './wholeOrNot.js'

export const backupCommand = command({
  summary: 'copy log, blobs, assets and keys, while servers run or not, into new directories',
  example: 'backup /mnt/backups/tuesday --onto /mnt/backups/monday --data-dir /var/lib/homeserver',
  words: { DIRECTORY: 'for log, blobs and assets; it must not be there yet, or be empty' },
  optional: { KEYS: 'for the keys, to be kept apart from the log (DIRECTORY-keys)' },
  switches: {
    'no-assets': 'leave the bytes of assets out: they are looked after otherwise, a bucket by its replication',
    json: 'print the manifest as JSON, without the files',
  },
  options: { onto: ['EARLIER', 'an earlier backup: only what came since is written (all of it)'] },
  settings: ['DATA_DIR', 'KEYS_DIR', 'EVENTSTORE_URL', 'MONGODB_URL', ...s3SettingNames, 'STORE_WAIT_S'],
  run: ({ config, words, switches, options: { onto }, out, note, progress }) =>
    watched('nothing was backed up (homeserver events verify tells more)', note, async () => {
      const { data, keys } = placesOf(words)
      await refuseUnlessEmpty(data)
      await refuseUnlessEmpty(keys)
      const base = onto === undefined ? undefined : await readChain(resolve(onto))
      const assets = switches.has('no-assets') ? 'elsewhere' : 'here'
      const tag = toBase64url(terminalRandom.bytes(6))
      const taken = await wholeOrNot([keys, data] as const, tag, ([forKeys, forData]) =>
        takeBackup(config, { data: forData, keys: forKeys, name: data, base, assets }, progress),
      )
      if (switches.has('json')) out(JSON.stringify(taken))
      else for (const line of linesOf(taken, data, keys)) note(line)
    }),
})

const linesOf = ({ log, onto, assets, counts, erasures }: Taken, data: string, keys: string): readonly string[] => [
  `backed up ${log.events} events, head ${log.to}, log ${log.id}, ${counts.assets} assets and ${counts.blobs} blobs to ${data}`,
  ...(onto === undefined ? [] : [`what came above ${log.from}: it needs ${onto.place} beside it`]),
  `digest ${log.digest}`,
  ...(assets === 'here' ? [] : ['the bytes of assets are not in it']),
  `keys and ${erasures} erasures in ${keys}: keep them apart from the log`,
]
