/** The routes of queues: the fan-out queue's making, and reading either queue. */
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { QueueId } from '../../mls/wire/ids.js'
import type { Call } from '../transport/http.js'
import { bytesIn } from './bytesIn.js'
import type { Caller, Cursor, Json } from './caller.js'

/** `direct`: the client's own queue, opened by the client's token; the fan-out queue is opened by its own. */
export type Source = { readonly queue: QueueId; readonly direct: boolean }

export type Page = {
  readonly items: readonly Json[]
  readonly next: Cursor
  readonly more: boolean
  readonly acknowledged: Cursor
}

/** What waits, as far as it was counted. `oldest`: when the oldest message was accepted, in ms. */
export type Count = {
  readonly items: number
  readonly unread: number
  readonly invitations: number
  readonly more: boolean
  readonly oldest?: number
}

const at = (queue: QueueId): string => `/v1/queues/${encodeURIComponent(queue)}`

export const queuesApi = ({ anonymous, asClient, asQueue, command }: Caller) => {
  const asOwner = async (direct: boolean, call: Call): Promise<Json> =>
    direct ? asClient(call) : ((await asQueue(call)).json as Json)
  return {
    /** What queue references are sealed to. */
    sealingKey: async () => {
      const { domain, keyId, publicKey } = await anonymous({ method: 'GET', path: '/v1/queueKey' })
      return { domain: String(domain), keyId: bytesIn(keyId), publicKey: bytesIn(publicKey) }
    },
    create: async (key: string, publicKey: Uint8Array) => {
      const json = { algorithm: 'Ed25519', publicKey: toBase64url(publicKey) }
      return (await command('POST', '/v1/queues', key, json))['queue'] as QueueId
    },
    items: async ({ queue, direct }: Source, after: Cursor | undefined, limit: number) => {
      const query = new URLSearchParams({ limit: String(limit), ...(after === undefined ? {} : { after }) })
      return (await asOwner(direct, { method: 'GET', path: `${at(queue)}/items?${query.toString()}` })) as Json & Page
    },
    count: async ({ queue, direct }: Source) =>
      (await asOwner(direct, { method: 'GET', path: at(queue) })) as Json & Count,
    acknowledge: async ({ queue, direct }: Source, upTo: Cursor): Promise<void> => {
      await asOwner(direct, { method: 'POST', path: `${at(queue)}/acknowledgements`, json: { upTo } })
    },
    welcome: async (queue: QueueId, digest: string) =>
      (await asQueue({ method: 'GET', path: `${at(queue)}/welcomes/${digest}`, accept: 'message/mls' })).bytes,
  }
}
