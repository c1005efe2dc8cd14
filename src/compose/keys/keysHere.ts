/** The server's keys at a terminal: as its log and KEYS_DIR have them, and turned to another where no server runs. */
import { rootKeyIn } from '../../adapters/keys/directory.js'
import { systemClock } from '../../adapters/system/clock.js'
import { jsonLog } from '../../adapters/system/logger.js'
import { systemRandom } from '../../adapters/system/random.js'
import { rotateKey, rotationsOf, serverAggregate } from '../../commands/server/server.js'
import type { KeysShown } from '../../contract/keys.js'
import { rotationOf } from '../../commands/server/rotation.js'
import type { ToRotate } from '../../commands/server/rotation.js'
import { serverStream } from '../../events/server.js'
import type { Rotation } from '../../events/server.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { EventStore } from '../../ports/eventStore.js'
import { commandId } from '../../streams/commandId.js'
import { keysIn } from '../identity.js'
import { openKeyring } from './keyring.js'
import { keysShown } from './keysShown.js'
import { noticeMs } from './noticeMs.js'
import { StartupProblem } from '../process/startupProblem.js'
import type { Config } from '../settings/config.js'
import { streamsHere } from '../terminal.js'

const logger = jsonLog(
  'warn',
  (line) => void process.stderr.write(line),
  () => systemClock.now(),
)

/** Throws StartupProblem. */
export const keysOfLogHere = async (config: Config, events: EventStore): Promise<KeysShown> => {
  const { keys, rotations } = await found(config, events)
  const keyring = await openKeyring({ keys, rotations: () => Promise.resolve(rotations), clock: systemClock, logger })
  const shown = keysShown(keys.server, keyring, systemClock.now())
  await keys.close()
  return shown
}

/** Throws StartupProblem. */
export const rotateInLogHere = async (config: Config, events: EventStore, what: ToRotate): Promise<Rotation> => {
  await (await found(config, events)).keys.close()
  const at = systemClock.now()
  const rotation = rotationOf(what, { at, noticeMs: noticeMs(events), bearerTokenMs: config.limits.bearerTokenMs })
  const id = commandId('operator', toBase64url(systemRandom.bytes(16)))
  const command = { id, bodyHash: 'operator', at }
  await streamsHere(events).execute(serverAggregate, serverStream, command, rotateKey(rotation))
  return rotation
}

const found = async ({ keysDir }: Config, events: EventStore) => {
  const { state } = await streamsHere(events).read(serverAggregate, serverStream)
  if (state.status === 'new') throw new StartupProblem(78, 'this log has never been served')
  const keys = await keysIn(keysDir)
  if (keys === undefined) throw new StartupProblem(78, `KEYS_DIR ${keysDir} holds no keys`)
  if (keys.server.fingerprint !== state.keysFingerprint)
    throw new StartupProblem(78, `KEYS_DIR ${keysDir} holds the keys of another server: this log was begun with others`)
  return { keys, rotations: rotationsOf(state) }
}

/** The private key of the root, which stands beside the bundle until it is taken away. Throws StartupProblem. */
export const rootKeyHere = async ({ keysDir }: Config): Promise<Uint8Array> => {
  const key = await rootKeyIn(keysDir)
  if (key !== undefined) return key
  throw new StartupProblem(
    64,
    'an intermediate is signed by the root, whose private key was taken away: --root-key FILE',
  )
}
