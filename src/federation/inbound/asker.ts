/** Who asks for a group's state: a client, by its own signature under the root of its domain, whichever server brings it. */
import type { By } from '../../commands/group/access.js'
import { cipherSuite } from '../../mls/crypto/cipherSuite.js'
import { verifyWithLabel } from '../../mls/crypto/labels.js'
import { attempt } from '../../mls/bytes/refusal.js'
import { verifyCredential } from '../../mls/group/verifyCredential.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { rejectionOf } from '../../commands/group/refusals.js'
import type { ForeignRoots } from '../peers/roots.js'
import type { DecodedGroupInfoRequest } from '../wire/groupInfo.js'

export type AskerDependencies = {
  readonly roots: Pick<ForeignRoots, 'pinned' | 'meet'>
  readonly clock: Pick<Clock, 'now'>
}

/** A peer asks for its own clients. */
export const askerIn = async (
  { roots, clock }: AskerDependencies,
  peer: Domain,
  { cipherSuite: suiteId, signatureKey, credential, signed, signature }: DecodedGroupInfoRequest,
): Promise<By | Rejected> => {
  const refused = await roots.meet(peer)
  if (refused !== undefined) return refused
  const pinned = await roots.pinned(peer)
  const now = clock.now()
  const vouched = verifyCredential(credential, signatureKey, (of) => (of === peer ? pinned : []), now)
  if (!vouched.ok) return notItself
  const { user, client, notAfter } = vouched.value
  if (notAfter < now) return notItself
  const suite = attempt(() => cipherSuite(suiteId))
  if (!suite.ok) return rejectionOf(suite.refusal, 'keyPackage')
  const isSigned = verifyWithLabel(suite.value, signatureKey, 'GroupInfoRequestTBS', signed, signature)
  return isSigned ? { user, client } : notItself
}

const notItself = reject({ code: 'identity-mismatch', detail: 'not signed by a client of that server' })
