/** `homeserver stores`: how large they are, how fast the log grows, what room there is; of the server that runs, or here. */
import type { Config } from '../compose/settings/config.js'
import { storeSizesHere } from '../compose/terminal.js'
import { storesAnswer } from '../contract/stores.js'
import type { StoresShown } from '../contract/stores.js'
import { command } from './command.js'
import { sizeOf } from './doctor/disks.js'
import { askDoor } from './operators/askDoor.js'
import { doorOptions, doorSettings, findDoor, hasToken, urlOfServer } from './operators/door.js'
import { when } from './printable.js'

export const storesCommand = command({
  summary: 'say how large the stores are, how old the log is and how fast it grows, and what room the disks have',
  example: 'stores --data-dir /var/lib/homeserver',
  words: {},
  optional: {},
  switches: { json: 'print JSON on one line' },
  options: doorOptions,
  settings: [...doorSettings, 'KEYS_DIR', 'EVENTSTORE_URL', 'MONGODB_URL', 'STORE_WAIT_S'],
  run: async ({ config, options, switches, out }) => {
    const shown = await shownBy(config, options)
    for (const line of switches.has('json') ? [JSON.stringify(shown)] : linesOf(shown)) out(line)
    return 0
  },
})

type Options = { readonly [name: string]: string | undefined }

/** Without a token what is here can be looked at all the same. */
const shownBy = async (config: Config, options: Options): Promise<StoresShown> => {
  const url = await urlOfServer(config, options)
  if (url === undefined || (options['url'] === undefined && !hasToken(config, options))) return storeSizesHere(config)
  return askDoor(await findDoor(config, options), { method: 'GET', path: '/stores' }, storesAnswer)
}

const linesOf = ({ log, stores, disks }: StoresShown): readonly string[] => [
  `log ${log.description}, head ${log.head}${log.oldest === undefined ? ', empty' : `, since ${when(log.oldest)}`}`,
  ...(log.growth === undefined || log.growth.ms === 0
    ? []
    : [
        `grew by ${sizeOf(log.growth.bytes)} in the ${(log.growth.ms / 3_600_000).toFixed(1)} h to ${when(log.newest ?? 0)}`,
      ]),
  ...(log.scavenge === undefined
    ? []
    : [`messages since ${when(log.scavenge)} were forgotten and wait for a scavenge of EventStoreDB`]),
  ...stores.map(
    ({ name, where, bytes, entries }) =>
      `${name} ${sizeOf(bytes)}${entries === undefined ? '' : ` in ${entries}`}, ${where}`,
  ),
  ...disks.map(({ name, free, all }) => `disk of ${name} ${sizeOf(free)} free of ${sizeOf(all)}`),
]
