/** Asking a hub again for what it sent of a group, for whoever lost it. */
import { domainOf } from '../../mls/wire/ids.js'
import type { GroupId } from '../../mls/wire/ids.js'
import type { Item } from '../item.js'
import { decodeItems } from '../numbered.js'
import { bodyBytesMax } from '../wire/limits.js'
import type { Peers } from './client.js'
import { PeerNotFederating } from './peerErrors.js'

/** The extension that a directory names, and the endpoint. */
export const backfillExtension = 'backfill'

export type AskBackfill = (group: GroupId, from: number) => Promise<readonly Item[] | undefined>

const timeoutMs = 20_000

/** The first item is the one that was asked for, or the gap that stands for it. Undefined where the hub has it no more, or has none of this. */
export const askBackfill =
  (peers: Peers): AskBackfill =>
  async (group, from) => {
    try {
      const { status, body } = await peers.ask(domainOf(group), {
        method: 'GET',
        endpoint: backfillExtension,
        parameters: { roomId: group, from: String(from) },
        contentType: 'message/mls',
        body: new Uint8Array(),
        bytesMax: bodyBytesMax,
        timeoutMs,
      })
      const items = status === 200 ? decodeItems(from, body) : undefined
      return items?.ok === true ? items.value : undefined
    } catch (error) {
      if (error instanceof PeerNotFederating) return undefined
      throw error
    }
  }
