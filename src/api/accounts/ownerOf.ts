/** Whose a client is. */
import type { ClientId, UserId } from '../../mls/wire/ids.js'

/** By everything acknowledged so far; undefined: nobody's, so its id is free. Throws StoreUnavailable while that is unknown. */
export type OwnerOf = (client: ClientId) => Promise<UserId | undefined>
