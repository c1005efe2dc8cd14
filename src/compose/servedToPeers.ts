/** What other servers may ask of this one: as the hub of its groups, and as a follower of theirs. */
import { heldCursors } from '../api/http/request/heldCursor.js'
import { backfillRoute, backfillTemplate } from '../federation/inbound/backfill.js'
import { clientsRoute, clientsTemplate } from '../federation/inbound/clients.js'
import { consentRoutes, requestConsentPath, updateConsentPath } from '../federation/inbound/consent.js'
import { groupInfoPath, groupInfoRoute } from '../federation/inbound/groupInfo.js'
import { decideExtension } from '../federation/askedOfHub.js'
import { decidePath, decideRoute } from '../federation/inbound/decide.js'
import { identifierQueryPath, identifierQueryRoute } from '../federation/inbound/identifierQuery.js'
import { keyMaterialPath, keyMaterialRoute } from '../federation/inbound/keyMaterial.js'
import { notifyPath, notifyRoute } from '../federation/inbound/notify.js'
import type { NotifyDependencies } from '../federation/inbound/notify.js'
import { profileRoute, profileTemplate } from '../federation/inbound/profile.js'
import { reportAbusePath, reportAbuseRoute } from '../federation/inbound/reportAbuse.js'
import type { ReportAbuseDependencies } from '../federation/inbound/reportAbuse.js'
import { revocationsRoute, revocationsTemplate } from '../federation/inbound/revocations.js'
import { submitMessagePath, submitMessageRoute } from '../federation/inbound/submitMessage.js'
import { updatePath, updateRoute } from '../federation/inbound/update.js'
import type { UpdateDependencies } from '../federation/inbound/update.js'
import { itemsExtension } from '../federation/outbox/notifyPeers.js'
import { askBackfill, backfillExtension } from '../federation/peers/backfill.js'
import { clientsExtension } from '../federation/peers/clients.js'
import { profileExtension } from '../federation/peers/profile.js'
import { revocationsExtension } from '../federation/peers/revocations.js'
import { recordPolicy } from '../federation/record/policy.js'
import { makeRecord } from '../federation/record/record.js'
import type { FollowerRecord } from '../federation/record/record.js'
import type { Federation, ServedToPeers } from './federation.js'
import { franksOf } from './franks.js'
import type { House } from './house.js'
import { rootPrintOf } from './vouching.js'

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

export type ServedRooms = Pick<House, 'world' | 'foundation' | 'vouching' | 'policy' | 'streams' | 'readModels'> &
  Pick<Federation, 'peers' | 'roots' | 'rootsFor' | 'away' | 'hubKey'> &
  Pick<NotifyDependencies, 'record'> &
  Pick<UpdateDependencies, 'commit' | 'propose'> &
  Pick<ReportAbuseDependencies, 'report'> &
  Pick<ServedToPeers, 'showed'>

export const serveToPeers = (rooms: ServedRooms): ServedToPeers => {
  const {
    streams,
    vouching,
    policy,
    readModels,
    peers,
    record,
    commit,
    propose,
    report,
    showed,
    roots,
    rootsFor,
    away,
    hubKey,
  } = rooms
  const { events, identity, readSide, keys } = rooms.foundation
  const { domain, logId } = identity
  const { handleKey } = keys.server
  const { limits } = policy
  const { clock } = rooms.world
  const { blobs } = readSide
  return {
    routes: [
      notifyRoute({ record, backfill: askBackfill(peers) }),
      submitMessageRoute({ streams, domain, limits, franks: franksOf(keys) }),
      updateRoute({ streams, domain, limits, commit, propose }),
      ...(readModels.outbox === undefined
        ? []
        : [
            backfillRoute({
              streams,
              events,
              blobs,
              domain,
              view: readModels.outbox,
              rootPrint: rootPrintOf(vouching),
            }),
          ]),
      groupInfoRoute({ streams, blobs, domain, roots, hubKey, clock }),
      decideRoute({ streams, blobs, domain, limits }),
      keyMaterialRoute({ streams, domain, peers, away, rootsFor }),
      identifierQueryRoute({ directory: readModels.directory, handleKey, domain }),
      reportAbuseRoute({ domain, report }),
      ...consentRoutes({ streams, domain, limits, clock }),
      clientsRoute({ streams, domain }),
      profileRoute({ streams, blobs, domain }),
      revocationsRoute({
        directory: readModels.directory,
        authority: vouching.authority,
        heldCursor: heldCursors({ logId, head: () => events.head() }),
        logId,
        clock,
      }),
    ],
    paths: {
      notify: notifyPath,
      submitMessage: submitMessagePath,
      update: updatePath,
      groupInfo: groupInfoPath,
      keyMaterial: keyMaterialPath,
      identifierQuery: identifierQueryPath,
      requestConsent: requestConsentPath,
      updateConsent: updateConsentPath,
      reportAbuse: reportAbusePath,
    },
    extensionPaths: {
      [backfillExtension]: backfillTemplate,
      [decideExtension]: decidePath,
      [clientsExtension]: clientsTemplate,
      [profileExtension]: profileTemplate,
      [revocationsExtension]: revocationsTemplate,
    },
    extensions: [
      itemsExtension,
      backfillExtension,
      decideExtension,
      clientsExtension,
      profileExtension,
      revocationsExtension,
    ],
    showed,
  }
}
