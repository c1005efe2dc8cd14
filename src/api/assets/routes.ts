/** The routes of assets, encrypted files beside the messages. */
import { refuseForeignIds } from '../http/request/foreignIds.js'
import type { Route } from '../door.js'
import type { AssetDependencies } from './assetDependencies.js'
import { downloadRoute } from './download.js'
import { deletionRoute, listRoute, renewalRoute } from './ownAssets.js'
import { reservationRoute } from './reservation.js'
import { tusRoutes } from './tus/tusRoutes.js'
import { uploadRoute } from './upload.js'

/** A download of another server's asset is answered by itself: one day that server will be asked. */
export const assetRoutes = (deps: AssetDependencies): readonly Route[] => [
  reservationRoute(deps),
  listRoute(deps),
  downloadRoute(deps),
  ...refuseForeignIds([uploadRoute(deps), renewalRoute(deps), deletionRoute(deps), ...tusRoutes(deps)], deps.domain, [
    'asset',
  ]),
]
