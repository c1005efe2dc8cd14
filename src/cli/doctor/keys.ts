/** The keys: those that the log was begun with, and one for each user. */
import { mismatchOf, serverAggregate } from '../../commands/server/server.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import type { Config } from '../../compose/settings/config.js'
import { keyFileOf, openKeysHere, streamsHere } from '../../compose/terminal.js'
import { parseUserEvent, userShapes } from '../../events/user.js'
import { serverStream } from '../../events/server.js'
import type { UserId } from '../../mls/wire/ids.js'
import type { EventStore } from '../../ports/eventStore.js'
import type { SubjectKeys } from '../../ports/keys.js'
import { origin } from '../../ports/position.js'
import { good, note, wrong } from './finding.js'
import type { Look } from './finding.js'

/** Ends with a StartupProblem where there are none, or those of another server. */
export async function* lookAtKeys(config: Config, events: EventStore): Look {
  const streams = streamsHere(events)
  const keys = await openKeysHere(config, streams)
  try {
    const { domain, fingerprint } = keys.server
    const { state } = await streams.read(serverAggregate, serverStream)
    const mismatch = mismatchOf(state, { domain: config.domain, logId: '', keysFingerprint: fingerprint })
    if (mismatch !== undefined) throw new StartupProblem(78, mismatch)
    yield good(`keys: ${config.keysDir}, of ${domain}, ${fingerprint}`)
    yield* lookAtSubjects(config, events, keys.subjects)
    yield good(`erasures: ${(await keys.erasures.list()).length} in the register`)
  } finally {
    await keys.close()
  }
}

const eventsMax = 1_000_000
const pageEvents = 500
const toldMax = 5

/** Of users who registered and are still there. */
async function* lookAtSubjects({ keysDir }: Config, events: EventStore, subjects: SubjectKeys): Look {
  const { users, isWhole } = await usersOf(events)
  const without: UserId[] = []
  for (const user of users) if ((await subjects.get(user)) === undefined) without.push(user)
  const named = without.slice(0, toldMax).map((user) => `${user} (subjects/${keyFileOf(user)})`)
  if (without.length > 0)
    yield wrong(
      78,
      `keys: ${without.length} of ${users.size} users have no key in ${keysDir}: ${named.join(', ')}`,
      'bring these files back from the newest backup of the keys (A key is missing)',
    )
  else yield good(`keys: each of ${users.size} users has one`)
  if (!isWhole) yield note(`keys: of who registered after the first ${eventsMax} events nothing was looked at`)
}

const usersOf = async (
  events: EventStore,
): Promise<{ readonly users: ReadonlySet<UserId>; readonly isWhole: boolean }> => {
  const users = new Set<UserId>()
  let after = origin
  for (let seen = 0; seen < eventsMax;) {
    const page = await events.readAll({ after, limit: pageEvents })
    for (const event of page) {
      if (!Object.hasOwn(userShapes, event.type) || event.damage !== undefined) continue
      const { type, data } = parseUserEvent(event)
      if (type === 'UserRegistered') users.add(data.user)
      if (type === 'UserDeleted') users.delete(data.user)
    }
    seen += page.length
    after = page.at(-1)?.position ?? after
    if (page.length < pageEvents) return { users, isWhole: true }
  }
  return { users, isWhole: false }
}
