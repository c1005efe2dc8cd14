/** What other servers may ask of this one: as the hub of its groups, and as a follower of theirs. */
import type { AssetDependencies } from '../api/assets/assetDependencies.js'
import { makeDownload } from '../api/assets/download.js'
import { makeReadPiece } from '../api/assets/pieces.js'
import { ownRevocations } from '../api/accounts/ownRevocations.js'
import { countTargeted } from '../api/groups/targets.js'
import { assetsPath, assetsRoute } from '../federation/inbound/assets.js'
import { heldCursors } from '../api/http/request/heldCursor.js'
import { backfillRoute, backfillTemplate } from '../federation/inbound/backfill.js'
import { clientsRoute, clientsTemplate } from '../federation/inbound/clients.js'
import { consentRoutes, requestConsentPath, updateConsentPath } from '../federation/inbound/consent.js'
import { groupInfoPath, groupInfoRoute } from '../federation/inbound/groupInfo.js'
import { decideExtension } from '../federation/askedOfHub.js'
import { decidePath, decideRoute } from '../federation/inbound/decide.js'
import { identifierQueryPath, identifierQueryRoute } from '../federation/inbound/identifierQuery.js'
import { keyMaterialPath, keyMaterialRoute } from '../federation/inbound/keyMaterial.js'
import { signalsPath, signalsRoute } from '../federation/inbound/signals.js'
import type { SignalsRouteDependencies } from '../federation/inbound/signals.js'
import { notifyPath, notifyRoute } from '../federation/inbound/notify.js'
import type { NotifyDependencies } from '../federation/inbound/notify.js'
import { proxyDownloadPath, proxyDownloadRoute } from '../federation/inbound/proxyDownload.js'
import { profileRoute, profileTemplate } from '../federation/inbound/profile.js'
import { reportAbusePath, reportAbuseRoute } from '../federation/inbound/reportAbuse.js'
import type { ReportAbuseDependencies } from '../federation/inbound/reportAbuse.js'
import { revocationsRoute, revocationsTemplate } from '../federation/inbound/revocations.js'
import { submitMessagePath, submitMessageRoute } from '../federation/inbound/submitMessage.js'
import { updatePath, updateRoute } from '../federation/inbound/update.js'
import type { UpdateDependencies } from '../federation/inbound/update.js'
import { targetsExtension, urgencyExtension } from '../federation/messageType.js'
import { itemsExtension } from '../federation/outbox/notifyPeers.js'
import { assetsExtension } from '../federation/peers/asset.js'
import { askBackfill, backfillExtension } from '../federation/peers/backfill.js'
import { signalsExtension } from '../federation/peers/signals.js'
import { clientsExtension } from '../federation/peers/clients.js'
import { profileExtension } from '../federation/peers/profile.js'
import { revocationsExtension } from '../federation/peers/revocations.js'
import { recordPolicy } from '../federation/record/policy.js'
import { makeRecord } from '../federation/record/record.js'
import type { FollowerRecord } from '../federation/record/record.js'
import type { Federation, ServedToPeers } from './federation.js'
import type { ComposedOutbox } from './outbox.js'
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
  Pick<Federation, 'peers' | 'roots' | 'rootsFor' | 'away' | 'hubKey' | 'trust' | 'fetchFrom'> & {
    readonly assets: AssetDependencies
  } & Pick<NotifyDependencies, 'record'> &
  Pick<UpdateDependencies, 'commit' | 'propose'> &
  Pick<ReportAbuseDependencies, 'report'> &
  Pick<SignalsRouteDependencies, 'passOn' | 'tell'> & {
    /** What followers have not got. */
    readonly outbox: Pick<ComposedOutbox, 'view'>
  }

export const serveToPeers = (rooms: ServedRooms): ServedToPeers => {
  const { streams, vouching, policy, readModels, outbox, peers, record, commit, propose, report } = rooms
  const { roots, rootsFor, away, hubKey } = rooms
  const { events, identity, readSide, keys } = rooms.foundation
  const { domain, logId } = identity
  const { handleKey } = keys.server
  const { limits, rateLimiter } = policy
  const { passOn, tell, assets, trust, fetchFrom } = rooms
  const { clock } = rooms.world
  const { blobs } = readSide
  const revoked = {
    directory: readModels.directory,
    authority: vouching.authority,
    heldCursor: heldCursors({ logId, head: () => events.head() }),
    logId,
    clock,
  }
  return {
    routes: [
      notifyRoute({ record, backfill: askBackfill(peers) }),
      submitMessageRoute({ streams, domain, limits, franks: franksOf(keys), targeted: countTargeted(limits) }),
      updateRoute({ streams, domain, limits, commit, propose }),
      backfillRoute({ streams, events, blobs, domain, view: outbox.view, rootPrint: rootPrintOf(vouching) }),
      groupInfoRoute({ streams, blobs, domain, roots, hubKey, clock }),
      decideRoute({ streams, blobs, domain, limits }),
      keyMaterialRoute({ streams, domain, peers, away, rootsFor }),
      identifierQueryRoute({ directory: readModels.directory, handleKey, domain }),
      signalsRoute({ streams, domain, limits, rateLimiter, passOn, tell }),
      assetsRoute({ domain, readPiece: makeReadPiece(assets) }),
      proxyDownloadRoute({ download: makeDownload(assets), trust, fetchFrom }),
      reportAbuseRoute({ domain, report }),
      ...consentRoutes({ streams, domain, limits, clock }),
      clientsRoute({ streams, domain }),
      profileRoute({ streams, blobs, domain }),
      revocationsRoute({ pageAt: (cursor) => ownRevocations(revoked, cursor) }),
    ],
    paths: {
      notify: notifyPath,
      submitMessage: submitMessagePath,
      update: updatePath,
      groupInfo: groupInfoPath,
      keyMaterial: keyMaterialPath,
      identifierQuery: identifierQueryPath,
      proxyDownload: proxyDownloadPath,
      requestConsent: requestConsentPath,
      updateConsent: updateConsentPath,
      reportAbuse: reportAbusePath,
    },
    extensionPaths: {
      [backfillExtension]: backfillTemplate,
      [decideExtension]: decidePath,
      [signalsExtension]: signalsPath,
      [assetsExtension]: assetsPath,
      [clientsExtension]: clientsTemplate,
      [profileExtension]: profileTemplate,
      [revocationsExtension]: revocationsTemplate,
    },
    extensions: [
      itemsExtension,
      backfillExtension,
      decideExtension,
      signalsExtension,
      targetsExtension,
      urgencyExtension,
      assetsExtension,
      clientsExtension,
      profileExtension,
      revocationsExtension,
    ],
  }
}
