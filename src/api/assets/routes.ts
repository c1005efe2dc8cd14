/** The routes of assets, encrypted files beside the messages. */
import { refuseForeignIds } from '../http/request/foreignIds.js'
import type { Route } from '../door.js'
import type { AssetDependencies } from './assetDependencies.js'
import { downloadRoute, makeDownload } from './download.js'
import { deletionRoute, listRoute, renewalRoute } from './ownAssets.js'
import { reservationRoute } from './reservation.js'
import { tusRoutes } from './tus/tusRoutes.js'
import { uploadRoute } from './upload.js'

/** A download of another server's asset asks that server; everything else is the business of who uploads, at home. */
export const assetRoutes = (deps: AssetDependencies): readonly Route[] => [
  reservationRoute(deps),
  listRoute(deps),
  downloadRoute(makeDownload(deps)),
  ...refuseForeignIds([uploadRoute(deps), renewalRoute(deps), deletionRoute(deps), ...tusRoutes(deps)], deps.domain, [
    'asset',
  ]),
]
