/** The first facts of a server: its keys, its domain, its log's id, its operator token; and whether they fit together. */
import { lstat } from 'node:fs/promises'
import { addKey, initKeys, openKeys } from '../adapters/keys/directory.js'
import { derivedId } from '../streams/commandId.js'
import type { CommandContext } from '../streams/decider.js'
import type { Streams } from '../streams/streams.js'
import { hashOfToken, newOperatorToken } from '../api/tokens/operatorToken.js'
import { issueOperatorToken, operatorsAggregate } from '../commands/operators/operators.js'
import type { Operators } from '../commands/operators/operators.js'
import { initialiseServer, mismatchOf, rotationsOf, serverAggregate } from '../commands/server/server.js'
import { missingKeys } from './keys/keyView.js'
import type { Config } from './settings/config.js'
import { prepareDirectory } from './process/directories.js'
import { refuseHalfBroughtKeys } from './stores/halfRestored.js'
import { startupProblemOf } from './process/startupProblemOf.js'
import { operatorsStream } from '../events/operators.js'
import { serverStream } from '../events/server.js'
import type { Rotation } from '../events/server.js'
import { toBase64url } from '../mls/bytes/base64url.js'
import type { Domain } from '../mls/wire/ids.js'
import type { Clock } from '../ports/clock.js'
import type { Keys, NextKey, ServerKeys } from '../ports/keys.js'
import type { Random } from '../ports/random.js'
import { StartupProblem } from './process/startupProblem.js'

export type Chance = { readonly clock: Clock; readonly random: Random }

/**
 * The keys; an embedded server makes its own at the first start, several processes must be handed the same. A log that
 * was begun has keys somewhere: others in their place would only hide where they went. And keys that had a log have it
 * somewhere: an empty one in its place is begun only when the operator says so.
 */
export const keysFor = async (config: Config, streams: Streams, { clock }: Chance): Promise<Keys> => {
  const keys = await keysIn(config.keysDir)
  const { state } = await streams.read(serverAggregate, serverStream)
  if (keys !== undefined) {
    if (state.status === 'new' && config.logGone === 'refuse' && (await keys.begun())) throw logGone(config)
    refuseWithoutKeys(config, keys.server, rotationsOf(state), clock)
    return keys
  }
  if (state.status !== 'new') {
    throw new StartupProblem(
      78,
      `KEYS_DIR ${config.keysDir} holds no keys, but this log was begun with some: bring them back from their backup, or name the directory that holds them`,
    )
  }
  if (config.eventStoreUrl !== undefined) {
    throw new StartupProblem(
      78,
      `KEYS_DIR ${config.keysDir} holds no keys: make them once with \`homeserver keys init\``,
    )
  }
  return newKeys(config, clock)
}

/** A process that lacks a key would sign by an old one, or take what is sealed for nobody's. Another server's keys are told later. */
const refuseWithoutKeys = (
  { keysDir }: Config,
  keys: ServerKeys,
  rotations: readonly Rotation[],
  { now }: Pick<Clock, 'now'>,
): void => {
  const [missing] = missingKeys(keys, rotations, now())
  if (missing === undefined) return
  throw new StartupProblem(
    78,
    `KEYS_DIR ${keysDir}: ${missing}: bring the bundle.json that has it, from another process or a backup; where it is lost, \`homeserver keys rotate KIND --at-once\` goes on without it`,
  )
}

const logGone = ({ keysDir, dataDir, eventStoreUrl }: Config): StartupProblem =>
  new StartupProblem(
    78,
    `${eventStoreUrl === undefined ? `DATA_DIR ${dataDir} holds no log` : 'the log at EVENTSTORE_URL is empty'}, but one was begun with the keys in KEYS_DIR ${keysDir}: bring it back from its backup, or set LOG_GONE=begin to begin a new one, without anybody and anything of the old one`,
  )

/** Undefined where nothing is, or a directory without keys. Throws StartupProblem, also where a restore left them half brought. */
export const keysIn = async (directory: string): Promise<Keys | undefined> => {
  if ((await lstat(directory).catch(() => undefined)) === undefined) return undefined
  await prepareDirectory('KEYS_DIR', directory)
  refuseHalfBroughtKeys(directory)
  try {
    return await openKeys(directory)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw startupProblemOf(error) ?? new StartupProblem(78, `KEYS_DIR ${directory}: ${reason}`)
  }
}

/** Makes keys in KEYS_DIR where there are none. Throws StartupProblem. */
export const newKeys = async ({ keysDir, domain }: Config, clock: Clock): Promise<Keys> => {
  await prepareDirectory('KEYS_DIR', keysDir)
  try {
    return await initKeys(keysDir, domain, clock.now())
  } catch (error) {
    throw startupProblemOf(error, `KEYS_DIR ${keysDir}`) ?? error
  }
}

/** Puts another key into KEYS_DIR. Throws StartupProblem. */
export const newKey = async ({ keysDir }: Config, clock: Clock, next: NextKey): Promise<ServerKeys> => {
  if ((await keysIn(keysDir)) === undefined)
    throw new StartupProblem(78, `KEYS_DIR ${keysDir} holds no keys: make them with \`homeserver keys init\``)
  try {
    return await addKey(keysDir, next, clock.now())
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw startupProblemOf(error, `KEYS_DIR ${keysDir}`) ?? new StartupProblem(78, `KEYS_DIR ${keysDir}: ${reason}`)
  }
}

export type ServerIdentity = {
  readonly logId: string
  readonly domain: Domain
  /** Which keys were named by this start. */
  readonly rotations: readonly Rotation[]
  /** As they were at this start. */
  readonly operators: Operators
  /** Made at this start, to be shown once. */
  readonly newOperatorToken: string | undefined
  /** What the operator should be told, whatever LOG_LEVEL says. */
  readonly notices: readonly string[]
}

/** Writes the first events where there are none, and refuses a log of another domain or other keys. */
export const identify = async (
  config: Config,
  streams: Streams,
  keys: Keys,
  chance: Chance,
): Promise<ServerIdentity> => {
  const { domain } = config
  const wanted = {
    domain,
    logId: toBase64url(chance.random.bytes(9)),
    keysFingerprint: keys.server.fingerprint,
  }
  if (keys.server.domain !== domain) {
    throw new StartupProblem(78, `KEYS_DIR holds the keys of ${keys.server.domain}, DOMAIN is ${domain}`)
  }
  const outcome = await streams.execute(
    serverAggregate,
    serverStream,
    own('initialise', chance),
    initialiseServer(wanted),
  )
  const state = 'rejected' in outcome ? undefined : outcome.state
  const mismatch = state === undefined ? 'the log refuses its first event' : mismatchOf(state, wanted)
  if (state?.status !== 'initialised' || mismatch !== undefined)
    throw new StartupProblem(78, mismatch ?? 'no first event')
  await keys.noteBegun()
  const first = await firstOperatorToken(config, streams, state.operatorTokenHash, chance)
  const { state: operators } = await streams.read(operatorsAggregate, operatorsStream)
  const { logId, rotations } = state
  return { domain, logId, rotations, operators, newOperatorToken: first.made, notices: first.notices }
}

type First = { readonly made?: string; readonly notices: readonly string[] }

/**
 * The token of the configuration is made known where it is not, unless it was revoked; without one the first start makes its
 * own. `older`: the hash of the one that an older log has on `server`, which is carried over.
 */
const firstOperatorToken = async (
  { operatorToken: given }: Pick<Config, 'operatorToken'>,
  streams: Streams,
  older: string | undefined,
  chance: Chance,
): Promise<First> => {
  const { state } = await streams.read(operatorsAggregate, operatorsStream)
  const isFirst = state.tokens.length === 0 && state.revoked.length === 0
  if (isFirst && older !== undefined) await issue(streams, older, chance)
  if (given === undefined)
    return isFirst && older === undefined ? { made: await newOwnToken(streams, chance), notices: [] } : { notices: [] }
  const hash = hashOfToken(given)
  if (state.revoked.includes(hash)) return { notices: [tokenRevoked] }
  await issue(streams, hash, chance)
  return { notices: [] }
}

const tokenRevoked = 'OPERATOR_TOKEN was revoked and does not hold: set another, or none'

/** Makes a token under the server's own name, which voids the one before. */
export const newOwnToken = async (streams: Streams, chance: Chance): Promise<string> => {
  const token = newOperatorToken(chance.random)
  await issue(streams, hashOfToken(token), chance)
  return token
}

/** `hash`: SHA-256 of the token, base64url. */
const issue = async (streams: Streams, hash: string, chance: Chance): Promise<void> => {
  const { revision } = await streams.read(operatorsAggregate, operatorsStream)
  // One that held before may hold again: what is issued is this token at this place.
  const command = own(`token ${hash} after ${revision}`, chance)
  await streams.execute(operatorsAggregate, operatorsStream, command, issueOperatorToken(hash))
}

/** A command of the server's own. */
const own = (what: string, { clock }: Chance): CommandContext => ({
  id: derivedId('server', what),
  bodyHash: 'server',
  at: clock.now(),
})
