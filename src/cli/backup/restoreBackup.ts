/** Puts a backup into empty stores, where it becomes another log. Everything is examined before a byte is written. */
import { rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { deleteUser, userAggregate } from '../../commands/account/user.js'
import { prepareDirectory } from '../../compose/process/directories.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import { giveAnotherId } from '../../compose/stores/rollback.js'
import type { Config } from '../../compose/settings/config.js'
import { refuseHalfRestored, restoringMark } from '../../compose/stores/halfRestored.js'
import { openLogHere, openRestoredLogHere, streamsHere, terminalClock, terminalRandom } from '../../compose/terminal.js'
import { digestWith, emptyLogDigest } from '../../events/form/logDigest.js'
import { userStream } from '../../events/user.js'
import type { UserId } from '../../mls/wire/ids.js'
import type { EventStore } from '../../ports/eventStore.js'
import { origin } from '../../ports/position.js'
import { derivedId } from '../../streams/commandId.js'
import { importExamined } from '../importEvents.js'
import { verifyLog } from '../verifyLog.js'
import { withLog } from '../withLog.js'
import { bringBytes } from './bringBytes.js'
import { lastOf } from './chain.js'
import { readChainLog } from './chainLog.js'
import { examineLog, readWholeChain } from './examineBackup.js'
import type { Examined } from './examineBackup.js'
import { syncNames, writeDurably } from './files.js'
import { bringKeys, keysToRestore } from './keysToRestore.js'
import type { Since } from './keysToRestore.js'
import { BadBackup } from './manifest.js'
import type { Progress } from '../progress.js'
import { refuseUnlessEmpty, removedUnlessDone } from './wholeOrNot.js'

export type Restored = {
  readonly events: number
  /** Up to where the log is the one that was backed up. */
  readonly head: number
  readonly digest: string
  readonly logId: string
  readonly former: string
  /** Whether the keys were brought back too, or were there. */
  readonly keys: 'restored' | 'there'
  /** Accounts in the backup of people who were erased since: they are deleted. */
  readonly erased: number
}

/** `data`, `keys`: the two directories that a backup made. Throws BadBackup, BadExport, ImportRefused, StartupProblem, StorageFull. */
export const restoreBackup = async (
  config: Config,
  data: string,
  keys: string,
  since: Since,
  progress: Progress,
): Promise<Restored> => {
  await refuseUnlessTargetIsEmpty(config)
  const chain = await readWholeChain(config, data, progress)
  const { manifest } = lastOf(chain)
  const brought = await keysToRestore(config, manifest, keys, since, progress)
  const examined = await examineLog(chain, new Set(brought.erased.map(({ user }) => user)), progress)
  await prepareDirectory('DATA_DIR', config.dataDir)
  if (brought.manifest !== undefined) await prepareDirectory('KEYS_DIR', config.keysDir)
  const kept = brought.manifest === undefined ? 'there' : 'restored'
  return removedUnlessDone(written(config, kept), async () => {
    for (const directory of marked(config, kept)) await mark(directory)
    progress.say('restoring the keys')
    await bringKeys(config, keys, brought)
    const { logId, head, erased } = await fill(config, examined, progress)
    for (const directory of marked(config, kept).toReversed()) await unmark(directory)
    const { events, digest } = examined
    return { events, head, digest, logId, former: manifest.log.id, keys: kept, erased }
  })
}

/** Whatever of the stores is a directory here, and a log on a server. */
const refuseUnlessTargetIsEmpty = async (config: Config): Promise<void> => {
  const { dataDir, keysDir, eventStoreUrl, mongoUrl } = config
  if (eventStoreUrl === undefined) refuseHalfRestored(config)
  const inside = dirname(resolve(keysDir)) === resolve(dataDir) ? [basename(keysDir)] : []
  if (eventStoreUrl === undefined || mongoUrl === undefined) await refuseUnlessEmpty(dataDir, inside)
  if (eventStoreUrl === undefined) return
  const head = await withLog(openLogHere(config), (events) => events.head())
  if (head !== origin) throw new StartupProblem(78, 'the log at EVENTSTORE_URL is not empty: restore into a fresh one')
}

/** Where a mark stands for as long as this may end halfway; a log on a server says so itself, but keys say nothing. */
const marked = ({ dataDir, keysDir, eventStoreUrl }: Config, keys: Restored['keys']): readonly string[] => [
  ...(eventStoreUrl === undefined ? [dataDir] : []),
  ...(keys === 'restored' ? [keysDir] : []),
]

const mark = async (directory: string): Promise<void> => {
  await writeDurably(join(directory, restoringMark), 'A restore is under way.\n')
  await syncNames(directory)
}

const unmark = async (directory: string): Promise<void> => {
  await rm(join(directory, restoringMark))
  await syncNames(directory)
}

const fill = (config: Config, examined: Examined, progress: Progress) =>
  withLog(openRestoredLogHere(config), async (events) => {
    const former = lastOf(examined.chain).manifest.log.id
    const streams = streamsHere(events)
    let [logId, head, erased] = ['', 0, 0]
    progress.say('restoring the log')
    const into = {
      events,
      open: (sha256?: string) => readChainLog(examined.chain, sha256),
      now: () => terminalClock.now(),
      random: (bytes: number) => terminalRandom.bytes(bytes),
      replaceLog: async () => {
        head = await events.head()
        await holdDigest(events, head, examined.digest)
        logId = await giveAnotherId({ events, streams, random: terminalRandom }, former, 'restore')
        await bringBytes(config, logId, examined, progress)
        erased = await eraseAgain(events, examined.users)
      },
    }
    await importExamined(into, examined.log)
    return { logId, head, erased }
  })

const holdDigest = async (events: EventStore, head: number, wanted: string): Promise<void> => {
  let digest = emptyLogDigest
  const each = (event: Parameters<typeof digestWith>[1]): void => {
    digest = digestWith(digest, event)
  }
  await verifyLog(events, () => undefined, { until: head, each })
  if (digest !== wanted) throw new BadBackup('the log that was written reads back otherwise than it was backed up')
}

/** What else was theirs ends by that, when the server starts. Answers how many there were whom the log had not deleted itself. */
const eraseAgain = async (events: EventStore, users: readonly UserId[]): Promise<number> => {
  const at = (await events.newest())?.meta.at ?? terminalClock.now()
  let count = 0
  for (const user of users) {
    const context = { id: derivedId('erased', user), bodyHash: 'restore', at }
    const outcome = await streamsHere(events).execute(userAggregate, userStream(user), context, deleteUser())
    if (!('rejected' in outcome)) count += 1
  }
  return count
}

/** What is taken away again when a restore fails, the marks last: nothing else was there. */
const written = (config: Config, kept: Restored['keys']): readonly string[] => {
  const { dataDir, keysDir, eventStoreUrl, mongoUrl } = config
  const log = eventStoreUrl === undefined ? ['events.db', 'events.db-wal', 'events.db-shm', 'lock.db'] : []
  const bytes = mongoUrl === undefined ? ['blobs', 'assets'] : []
  const keys = kept === 'restored' ? ['server', 'subjects', 'log-begun', 'erasures'] : []
  return [
    ...[...log, ...bytes].map((name) => join(dataDir, name)),
    ...keys.map((name) => join(keysDir, name)),
    ...marked(config, kept).map((directory) => join(directory, restoringMark)),
  ]
}
