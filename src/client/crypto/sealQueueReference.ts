/** Seals the fan-out queue's id into leaf extension 0xF0C1: our homeserver alone can open it (docs/rules.md, Two kinds of queue). */
import type { Domain, QueueId } from '../../mls/wire/ids.js'
import { encodeQueueReference, queueReferenceInfo } from '../../mls/wire/queueReferenceCodec.js'
import { seal } from './seal.js'

/** The homeserver's sealing key, from `GET /v1/queueKey`. */
export type QueueKey = { readonly domain: Domain; readonly keyId: Uint8Array; readonly publicKey: Uint8Array }

/** Bound to the signature key, so that nobody can put it into another leaf; no two are alike. */
export const sealQueueReference = async (
  queue: QueueId,
  key: QueueKey,
  signatureKey: Uint8Array,
): Promise<Uint8Array> => {
  const sealed = await seal({
    publicKey: key.publicKey,
    info: queueReferenceInfo,
    aad: signatureKey,
    plaintext: new TextEncoder().encode(queue),
  })
  return encodeQueueReference({ domain: key.domain, keyId: key.keyId, ...sealed })
}
