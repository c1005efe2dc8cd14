/** The reactions: every rule and sweep there is, run by one process at a time. */
import type { Rooms } from './routes.js'
import { clientOf, userAggregate } from '../commands/account/user.js'
import { queueAggregate } from '../commands/queue/queue.js'
import { queueStream } from '../events/queue.js'
import { userStream } from '../events/user.js'
import type { Logger } from '../ports/logger.js'
import type { OpenReference } from '../items/references.js'
import { closeStocks } from '../reactions/closeStocks.js'
import { eraseSubjectKeys } from '../reactions/eraseSubjectKeys.js'
import { expireQueues } from '../reactions/expireQueues.js'
import { groupReactions } from '../reactions/groupReactions.js'
import type { JudgeNewcomersDependencies } from '../reactions/judgeNewcomers.js'
import { releaseHandles } from '../reactions/releaseHandles.js'
import { makeReactions } from '../reactions/runner.js'
import type { Reactions } from '../reactions/runner.js'

export type ReactionsRooms = Rooms & {
  readonly logger: Logger
  readonly openReference: OpenReference
  /** This process, for the lease. */
  readonly holder: string
}

export const composeReactions = (rooms: ReactionsRooms): Reactions => {
  const { streams, events, readSide, readModels, domain, limits } = rooms
  const groups = groupReactions({
    domain,
    groups: readModels.groups,
    runner: readModels.runnerOf('groups'),
    accountOf: accountOf(rooms),
    queueIsLive: async (queue) => (await streams.read(queueAggregate, queueStream(queue))).state.status === 'open',
    open: rooms.openReference,
    events,
    runners: [readModels.runnerOf('groups'), readModels.runnerOf('queues')],
    blobs: readSide.blobs,
    namedBy: [(digest) => readModels.groups.namesBlob(digest)],
    level: readModels.level,
  })
  return makeReactions({
    rules: [...groups.rules, closeStocks, releaseHandles, eraseSubjectKeys(rooms.keys.subjects)],
    sweeps: [...groups.sweeps, expireQueues({ view: readModels.queues, limits })],
    events,
    streams,
    checkpoints: readSide.checkpoints,
    leases: readSide.leases,
    clock: rooms.clock,
    logger: rooms.logger,
    holder: rooms.holder,
    logId: rooms.logId,
    begin: 'origin',
  })
}

const accountOf =
  ({ streams }: Rooms): JudgeNewcomersDependencies['accountOf'] =>
  async (user, client) => {
    const { state } = await streams.read(userAggregate, userStream(user))
    if (state.status === 'deleted') return 'userDeleted'
    return clientOf(state, client) === undefined ? 'clientRemoved' : 'live'
  }
