/** How large a file may be at a homeserver, as its discovery document says. */
import type { Api } from '../../api/api.js'
import type { Engine } from '../../engine/engine.js'
import { sizeWithin } from '../sealed/chunks.js'

/** Of the encrypted bytes; a homeserver that names no limit refuses what is too much for it. */
export const assetBytesMax = async (api: Pick<Api, 'discover'>): Promise<number> =>
  (await api.discover()).limits?.['assetBytesMax'] ?? Number.MAX_SAFE_INTEGER

/** Of a file before it is encrypted, bytes. */
export const fileBytesMax = async ({ api }: Engine): Promise<number> => sizeWithin(await assetBytesMax(api))
