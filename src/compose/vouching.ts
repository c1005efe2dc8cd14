/** What the server's keys are for: it vouches for clients, and opens the queue references that they sealed for it. */
import { createPrivateKey } from 'node:crypto'
import { openAuthority } from '../adapters/x509/authority.js'
import { rememberReferences } from '../items/references.js'
import type { OpenReference } from '../items/references.js'
import { fromBase64url } from '../mls/bytes/base64url.js'
import { openQueueReference } from '../mls/group/queueReference.js'
import type { SealingKeys } from '../mls/group/queueReference.js'
import { decodeQueueReference } from '../mls/wire/queueReferenceCodec.js'
import type { Authority } from '../ports/authority.js'
import type { ServerKeys } from '../ports/keys.js'

export type Vouching = {
  readonly authority: Authority
  readonly sealingKeys: SealingKeys
  readonly openReference: OpenReference
}

export const vouchWith = async (keys: ServerKeys): Promise<Vouching> => {
  const sealingKeys = sealingKeysOf(keys)
  return { authority: await openAuthority(keys), sealingKeys, openReference: openerOf(sealingKeys) }
}

const sealingKeysOf = ({ sealingKeys }: ServerKeys): SealingKeys =>
  new Map(
    sealingKeys.map(({ id, privateKey }) => [
      id,
      createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' }),
    ]),
  )

const openerOf = (sealingKeys: SealingKeys): OpenReference =>
  rememberReferences(({ reference, signatureKey }) => {
    const [bytes, key] = [fromBase64url(reference), fromBase64url(signatureKey)]
    const decoded = bytes === undefined ? undefined : decodeQueueReference(bytes)
    return decoded?.ok === true && key !== undefined ? openQueueReference(decoded.value, key, sealingKeys) : undefined
  })
