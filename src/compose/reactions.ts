/** The reactions: every rule and sweep there is, run by one process at a time. */
import { createHmac } from 'node:crypto'
import type { House } from './house.js'
import { clientOf, userAggregate } from '../commands/account/user.js'
import { groupAggregate } from '../commands/group/group.js'
import { keyPackagesAggregate } from '../commands/keyPackages/keyPackages.js'
import { peerAggregate } from '../commands/peer/peer.js'
import { queueAggregate } from '../commands/queue/queue.js'
import { peerStream } from '../events/peerOutbox.js'
import { queueStream } from '../events/queue.js'
import { userStream } from '../events/user.js'
import type { GroupId } from '../mls/wire/ids.js'
import { outboxSchema } from '../federation/outbox/schema.js'
import { cutOffServers } from '../reactions/cutOffServers.js'
import { closeStocks } from '../reactions/closeStocks.js'
import { endAssetsOfUser, endAssetsTakenDown } from '../reactions/endAssets.js'
import { eraseSubjectKeys } from '../reactions/eraseSubjectKeys.js'
import { expireAssets, sweepAssetBytes } from '../reactions/expireAssets.js'
import { expireQueues } from '../reactions/expireQueues.js'
import { expireReports } from '../reactions/expireReports.js'
import { followInvitations } from '../reactions/followInvitations.js'
import { finishActs } from '../reactions/finishActs.js'
import { groupReactions } from '../reactions/groupReactions.js'
import { kindOf, snapshotKeeper } from '../reactions/keepSnapshots.js'
import type { SnapshotKeeper } from '../reactions/keepSnapshots.js'
import type { JudgeNewcomersDependencies } from '../reactions/judgeNewcomers.js'
import { releaseHandles } from '../reactions/releaseHandles.js'
import { makeReactions } from '../reactions/runner.js'
import type { Reactions } from '../reactions/runner.js'
import type { Streams } from '../streams/streams.js'

export type ReactionsRooms = Pick<
  House,
  'world' | 'foundation' | 'vouching' | 'policy' | 'streams' | 'clockWatch' | 'readModels' | 'holder'
>

export const composeReactions = (rooms: ReactionsRooms): Reactions => {
  const { streams, readModels, holder } = rooms
  const { events, readSide, keys, identity } = rooms.foundation
  const { limits } = rooms.policy
  const { clock, logger } = rooms.world
  const { outbox } = readModels
  const groups = groupReactions({
    domain: identity.domain,
    groups: readModels.groups,
    runner: readModels.runnerOf('groups'),
    accountOf: accountOf(streams),
    queueIsLive: async (queue) => (await streams.read(queueAggregate, queueStream(queue))).state.status === 'open',
    open: rooms.vouching.openReference,
    events,
    runners: ['groups', 'queues', ...(outbox === undefined ? [] : [outboxSchema.name])].map(readModels.runnerOf),
    ...(outbox === undefined ? {} : { needed: (group: GroupId) => outbox.needed(group) }),
    blobs: readSide.blobs,
    namedBy: [
      readModels.groups,
      readModels.reports,
      readModels.directory,
      ...(outbox === undefined ? [] : [outbox]),
    ].map((one) => (digest) => one.namesBlob(digest)),
    level: readModels.levelOfAll,
    limits,
  })
  const assets = {
    assets: readModels.assets,
    bytes: readSide.assetBytes,
    runner: readModels.runnerOf('assets'),
  }
  const assetRules = [endAssetsOfUser(assets), endAssetsTakenDown(assets)]
  const peerRules =
    outbox === undefined
      ? []
      : [
          cutOffServers({
            domain: identity.domain,
            groupsOf: async (peer) => (await outbox.follows(peer)).map(({ group }) => group as GroupId),
            runner: readModels.runnerOf(outboxSchema.name),
            isBlocked: async (peer) => (await streams.read(peerAggregate, peerStream(peer))).state.policy === 'blocked',
          }),
        ]
  const ofGroups = [...groups.rules, ...peerRules]
  const acts = finishActs({ rememberMs: limits.idempotencyKeyMs, models: readModels.models })
  const assetSweeps = [expireAssets(assets), sweepAssetBytes(assets)]
  return makeReactions({
    rules: [
      ...ofGroups,
      ...assetRules,
      acts,
      followInvitations,
      closeStocks,
      releaseHandles,
      eraseSubjectKeys(keys.subjects),
    ],
    sweeps: [
      ...groups.sweeps,
      ...assetSweeps,
      expireQueues({ view: readModels.queues, limits }),
      expireReports({ reports: readModels.reports, limits }),
    ],
    mayDestroy: async () => !rooms.policy.maintenance() && (await rooms.clockWatch.mayDestroy()),
    events,
    streams,
    checkpoints: readSide.checkpoints,
    leases: readSide.leases,
    clock,
    logger,
    holder,
    logId: identity.logId,
    blinded: (id) => createHmac('sha256', keys.server.handleKey).update(`reaction ${id}`).digest('base64url'),
    begin: 'origin',
  })
}

export const composeSnapshots = (rooms: ReactionsRooms): Promise<SnapshotKeeper> => {
  const { streams, holder } = rooms
  const { events, readSide, identity } = rooms.foundation
  return snapshotKeeper({
    kinds: [kindOf(streams, groupAggregate), kindOf(streams, keyPackagesAggregate)],
    events,
    checkpoints: readSide.checkpoints,
    leases: readSide.leases,
    clock: rooms.world.clock,
    logger: rooms.world.logger,
    holder,
    logId: identity.logId,
  })
}

const accountOf =
  (streams: Streams): JudgeNewcomersDependencies['accountOf'] =>
  async (user, client) => {
    const { state } = await streams.read(userAggregate, userStream(user))
    if (state.status === 'deleted') return 'userDeleted'
    return clientOf(state, client) === undefined ? 'clientRemoved' : 'live'
  }
