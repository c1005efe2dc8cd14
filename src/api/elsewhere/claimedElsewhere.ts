/** KeyPackages that another server gave for one of its users, as a claim here is answered; what is not of that user is not passed on. */
import { identityOf } from '../../mls/group/identity.js'
import { attempt } from '../../mls/bytes/refusal.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { keyPackageRef } from '../../mls/crypto/references.js'
import { parseClientId, domainOf } from '../../mls/wire/ids.js'
import type { ClientId, UserId } from '../../mls/wire/ids.js'
import { isLastResort } from '../../mls/wire/keyPackage.js'
import { decodeMlsMessage } from '../../mls/wire/mlsMessage.js'
import type { KeyMaterial } from '../../ports/peers.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected, RejectionCode } from '../../streams/rejection.js'

type Given = {
  readonly client: ClientId
  /** The MLSMessage, and its KeyPackageRef, base64url. */
  readonly keyPackage: string
  readonly ref: string
  readonly lastResort: boolean
}

export type ClaimedElsewhere = {
  readonly keyPackages: readonly Given[]
  readonly missing: readonly { readonly client: ClientId; readonly code: RejectionCode }[]
}

export const claimedElsewhere = (target: UserId, { userStatus, clients }: KeyMaterial): ClaimedElsewhere | Rejected => {
  const refused = refusals.get(userStatus)
  if (refused !== undefined) return refused
  const keyPackages: Given[] = []
  const missing: ClaimedElsewhere['missing'][number][] = []
  for (const one of clients) {
    const client = parseClientId(one.client)
    if (client === undefined || domainOf(client) !== domainOf(target)) continue
    const given = one.keyPackage === undefined ? undefined : givenBy({ user: target, client }, one.keyPackage)
    if (given !== undefined) keyPackages.push(given)
    else missing.push({ client, code: one.keyPackage === undefined ? 'key-material-exhausted' : 'invalid-key-package' })
  }
  return { keyPackages, missing }
}

const noSuchUser = reject({ code: 'no-such-user' })
const noConsent = reject({ code: 'not-allowed', capability: 'claimKeyPackages' })

/** By the draft's names. Of all others there are clients to be told of. */
const refusals: ReadonlyMap<string, Rejected> = new Map([
  ['incompatibleProtocol', noSuchUser],
  ['userUnknown', noSuchUser],
  ['userDeleted', noSuchUser],
  ['noConsent', noConsent],
  ['noConsentForThisRoom', noConsent],
])

/** Undefined where it is not that client's, or none that is served here. */
const givenBy = (owner: { readonly user: UserId; readonly client: ClientId }, bytes: Uint8Array): Given | undefined => {
  const message = decodeMlsMessage(bytes)
  if (!message.ok || message.value.wireFormat !== 'keyPackage') return undefined
  const { keyPackage } = message.value
  const ref = attempt(() => keyPackageRef(keyPackage))
  const identity = identityOf(keyPackage.leafNode.credential)
  if (!ref.ok || identity?.client !== owner.client || identity.user !== owner.user) return undefined
  const lastResort = isLastResort(keyPackage)
  return { client: owner.client, keyPackage: toBase64url(bytes), ref: toBase64url(ref.value), lastResort }
}
