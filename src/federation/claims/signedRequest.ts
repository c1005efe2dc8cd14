/** A KeyMaterialRequest, believed by its client's signature alone: under the root of the requester's domain, whoever passed it on. */
import { createHash } from 'node:crypto'
import { attempt } from '../../mls/bytes/refusal.js'
import { signContent } from '../../mls/crypto/labels.js'
import { nodeCrypto } from '../../mls/crypto/nodeCrypto.js'
import { schemeOfKey } from '../../mls/crypto/signatureScheme.js'
import type { HashName, SignatureScheme } from '../../mls/crypto/signatureScheme.js'
import type { Identity } from '../../mls/group/policy.js'
import { readChain } from '../../mls/group/verifyChain.js'
import { verifyCredential } from '../../mls/group/verifyCredential.js'
import type { RequiredCapabilities } from '../../mls/wire/capabilities.js'
import { parseGroupId, parseUserId } from '../../mls/wire/ids.js'
import type { GroupId, UserId } from '../../mls/wire/ids.js'
import { malformed, reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { decodeBody } from '../wire/body.js'
import { keyMaterialRequest } from '../wire/keyMaterial.js'
import type { DecodedKeyMaterialRequest } from '../wire/keyMaterial.js'
import type { RootsOf } from './roots.js'

export type ReadRequest = {
  readonly requester: Identity
  readonly target: UserId
  /** Undefined: it is for none. */
  readonly room: GroupId | undefined
  readonly suites: readonly number[]
  readonly required: RequiredCapabilities
  /** Of all of its bytes, base64url: the same request again has the same. */
  readonly digest: string
  readonly struct: DecodedKeyMaterialRequest
}

/** What it says; nothing of it is verified. */
export const readKeyMaterialRequest = (bytes: Uint8Array): ReadRequest | Rejected => {
  const decoded = decodeBody(keyMaterialRequest, bytes)
  if (!decoded.ok) {
    const { code, reason } = decoded.refusal
    return code === 'unsupported-message' ? reject({ code, reason }) : malformed(reason)
  }
  const struct = decoded.value
  const target = parseUserId(struct.targetUser)
  const room = struct.roomId === '' ? undefined : parseGroupId(struct.roomId)
  if (target === undefined) return malformed('targetUser is no user')
  if (room === undefined && struct.roomId !== '') return malformed('roomId is no group')
  const chain = attempt(() => readChain(struct.credential))
  if (!chain.ok) return notTheirs
  const { identity } = chain.value
  if (identity.user !== struct.requestingUser) return notTheirs
  const digest = createHash('sha256').update(bytes).digest('base64url')
  const { cipherSuites: suites, requiredCapabilities: required } = struct
  return { requester: identity, target, room, suites, required, digest, struct }
}

const notTheirs = reject({ code: 'identity-mismatch', detail: 'it is not signed by a client of the user that asks' })

/** Undefined where it is signed by the client that it names. */
export const refuseUnsigned = async (
  { requester, struct }: ReadRequest,
  rootsFor: RootsOf,
  now: number,
): Promise<Rejected | undefined> => {
  const roots = await rootsFor(requester.domain)
  if ('rejected' in roots) return roots
  const vouched = verifyCredential(struct.credential, struct.signatureKey, () => roots, now)
  return vouched.ok && vouched.value.notAfter >= now && isSigned(struct) ? undefined : notTheirs
}

const label = 'KeyMaterialRequestTBS'
const hashes: Readonly<Record<string, HashName>> = { 'P-256': 'sha256', 'P-384': 'sha384', 'P-521': 'sha512' }

/** SignWithLabel (RFC 9420 §5.1.2) with the scheme of the key, which its certificate names. */
const isSigned = ({ credential, signatureKey: key, signed, signature }: DecodedKeyMaterialRequest): boolean => {
  const chain = attempt(() => readChain(credential))
  const scheme: SignatureScheme | undefined = chain.ok ? schemeOfKey(chain.value.client.publicKeyOid) : undefined
  if (scheme === undefined) return false
  return nodeCrypto.verify({ scheme, hash: hashes[scheme.curve], key, content: signContent(label, signed), signature })
}
