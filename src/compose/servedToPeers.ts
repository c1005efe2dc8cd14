/** What other servers may ask of this one: as the hub of its groups, and as a follower of theirs. */
import { backfillRoute, backfillTemplate } from '../federation/inbound/backfill.js'
import { groupInfoPath, groupInfoRoute } from '../federation/inbound/groupInfo.js'
import { decideExtension } from '../federation/askedOfHub.js'
import { decidePath, decideRoute } from '../federation/inbound/decide.js'
import { identifierQueryPath, identifierQueryRoute } from '../federation/inbound/identifierQuery.js'
import { keyMaterialPath, keyMaterialRoute } from '../federation/inbound/keyMaterial.js'
import { notifyPath, notifyRoute } from '../federation/inbound/notify.js'
import type { NotifyDependencies } from '../federation/inbound/notify.js'
import { submitMessagePath, submitMessageRoute } from '../federation/inbound/submitMessage.js'
import { updatePath, updateRoute } from '../federation/inbound/update.js'
import type { UpdateDependencies } from '../federation/inbound/update.js'
import { itemsExtension } from '../federation/outbox/notifyPeers.js'
import { askBackfill, backfillExtension } from '../federation/peers/backfill.js'
import { recordPolicy } from '../federation/record/policy.js'
import { makeRecord } from '../federation/record/record.js'
import type { FollowerRecord } from '../federation/record/record.js'
import type { Federation, ServedToPeers } from './federation.js'
import type { ComposedOutbox } from './outbox.js'
import { franksOf } from './franks.js'
import type { House } from './house.js'

export type FollowerRooms = Pick<House, 'world' | 'foundation' | 'keyring' | 'streams' | 'holder'>

/** The groups of other servers that somebody here is in. */
export const composeRecord = (rooms: FollowerRooms, { roots }: Pick<Federation, 'roots'>): FollowerRecord => {
  const { streams, holder, keyring } = rooms
  const { events, readSide, identity } = rooms.foundation
  const { clock, logger } = rooms.world
  const { domain } = identity
  const { blobs, leases } = readSide
  const policy = recordPolicy({ domain, ownRoots: keyring.roots, roots, clock })
  return makeRecord({ streams, blobs, clock, domain, policy, events, leases, logger, holder })
}

export type ServedRooms = Pick<House, 'world' | 'foundation' | 'policy' | 'streams' | 'readModels'> &
  Pick<Federation, 'peers' | 'roots' | 'rootOf' | 'away' | 'hubKey'> &
  Pick<NotifyDependencies, 'record'> &
  Pick<UpdateDependencies, 'commit' | 'propose'> &
  Pick<ServedToPeers, 'showed'> & {
    /** What followers have not got. */
    readonly outbox: Pick<ComposedOutbox, 'view'>
  }

export const serveToPeers = (rooms: ServedRooms): ServedToPeers => {
  const { streams, policy, readModels, outbox, peers, record, commit, propose, showed } = rooms
  const { roots, rootOf, away, hubKey } = rooms
  const { events, identity, readSide, keys } = rooms.foundation
  const { domain } = identity
  const { handleKey } = keys.server
  const { limits } = policy
  const { clock } = rooms.world
  const { blobs } = readSide
  return {
    routes: [
      notifyRoute({ record, backfill: askBackfill(peers) }),
      submitMessageRoute({ streams, domain, limits, franks: franksOf(keys) }),
      updateRoute({ streams, domain, limits, commit, propose }),
      backfillRoute({ streams, events, blobs, domain, view: outbox.view }),
      groupInfoRoute({ streams, blobs, domain, roots, hubKey, clock }),
      decideRoute({ streams, blobs, domain, limits }),
      keyMaterialRoute({ streams, domain, peers, away, rootOf }),
      identifierQueryRoute({ directory: readModels.directory, handleKey, domain }),
    ],
    paths: {
      notify: notifyPath,
      submitMessage: submitMessagePath,
      update: updatePath,
      groupInfo: groupInfoPath,
      keyMaterial: keyMaterialPath,
      identifierQuery: identifierQueryPath,
    },
    extensionPaths: { [backfillExtension]: backfillTemplate, [decideExtension]: decidePath },
    extensions: [itemsExtension, backfillExtension, decideExtension],
    showed,
  }
}
