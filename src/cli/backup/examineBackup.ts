/** Reads a backup whole, with those that it goes on from, before anything is made of it: files, log, keys, erasures. */
import type { Config } from '../../compose/settings/config.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import { hashOfUser } from '../../compose/terminal.js'
import { firstTime } from '../../events/form/firstTime.js'
import { digestWith, emptyLogDigest } from '../../events/form/logDigest.js'
import { userShapes } from '../../events/user.js'
import type { AssetId, UserId } from '../../mls/wire/ids.js'
import type { StoredEvent } from '../../ports/eventStore.js'
import { rememberedEvents } from '../exportFile.js'
import { examineExport } from '../importEvents.js'
import type { ExaminedExport } from '../importEvents.js'
import { gatherPromised } from '../promisedAssets.js'
import type { Promised } from '../promisedAssets.js'
import { lastOf, readChain } from './chain.js'
import type { Chain } from './chain.js'
import { readChainLog } from './chainLog.js'
import { holdFiles } from './manifest.js'
import type { Progress } from '../progress.js'

export type Examined = {
  readonly chain: Chain
  readonly log: ExaminedExport
  readonly events: number
  /** What the log will have that it becomes: an event that stands twice in it is there once. */
  readonly digest: string
  readonly promised: ReadonlyMap<AssetId, Promised>
  /** Who registered by it, and is among those that were asked for. */
  readonly users: readonly UserId[]
}

/** Throws BadBackup, BadExport, ImportRefused, and StartupProblem for a backup of another domain. */
export const readWholeChain = async ({ domain }: Pick<Config, 'domain'>, directory: string, progress: Progress) => {
  const chain = await readChain(directory)
  const { manifest } = lastOf(chain)
  if (manifest.domain !== domain)
    throw new StartupProblem(78, `the backup is of ${manifest.domain}, DOMAIN is ${domain}`)
  for (const link of chain) await holdFiles(link.directory, link.manifest, progress)
  return chain
}

/** `erased`: hashes of the ids of users. Throws as `readWholeChain` does. */
export const examineLog = async (chain: Chain, erased: ReadonlySet<string>, progress: Progress): Promise<Examined> => {
  const isFirst = firstTime(rememberedEvents)
  const { see, promised } = gatherPromised()
  const users = new Set<UserId>()
  let [events, digest] = [0, emptyLogDigest]
  const look = (event: StoredEvent): void => {
    if (!isFirst(event)) return
    if (++events % 1_000 === 0) progress.say(`examining the log: ${events} events`)
    digest = digestWith(digest, event)
    see(event)
    const user = userIn(event)
    if (user !== undefined && erased.has(hashOfUser(user))) users.add(user)
  }
  const exported = await readChainLog(chain)
  const log = await examineExport({ ...exported, events: seen(exported.events, look) })
  return { chain, log, events, digest, promised, users: [...users] }
}

async function* seen<Event>(events: AsyncIterable<Event>, look: (event: Event) => void): AsyncGenerator<Event> {
  for await (const event of events) {
    look(event)
    yield event
  }
}

const userIn = (event: StoredEvent): UserId | undefined =>
  event.type === 'UserRegistered' ? userShapes.UserRegistered.schema.safeParse(event.data).data?.user : undefined
