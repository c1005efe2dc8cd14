/** A request for KeyPackages on its way to the hub of its room, or to the user's server: the same bytes, and the answer as it comes. */
import type { Domain } from '../../mls/wire/ids.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Away } from '../forwarding/away.js'
import type { Peers } from '../peers/client.js'
import { askKeyMaterial } from '../peers/keyMaterial.js'
import type { KeyMaterialResponse } from '../wire/keyMaterial.js'
import type { ReadRequest } from './signedRequest.js'

export type PassOnDependencies = { readonly peers: Peers; readonly away: Pick<Away, 'unlessAway'> }

/** Throws PeerAway, PeerNotAsked. */
export const passOn = (
  { peers, away }: PassOnDependencies,
  { target, digest }: ReadRequest,
  { request, to, timeoutMs }: { readonly request: Uint8Array; readonly to: Domain; readonly timeoutMs: number },
): Promise<KeyMaterialResponse | Rejected> =>
  away.unlessAway(to, () => askKeyMaterial(peers, to, { target, request, key: digest, timeoutMs }))
