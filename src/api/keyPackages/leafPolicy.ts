/**
 * What new leaves are held against: credentials against the published roots, queue references against the queues that
 * are there. Which are there is looked up first, for the checks themselves ask nobody.
 */
import { setImmediate } from 'node:timers/promises'
import type { LeafPolicy } from '../../commands/group/leaves.js'
import { extensionType } from '../../mls/wire/extension.js'
import type { Domain, QueueId } from '../../mls/wire/ids.js'
import { identityOf } from '../../mls/group/identity.js'
import type { LeafNode } from '../../mls/wire/leafNode.js'
import type { KeyPackagePolicy } from '../../mls/group/policy.js'
import { openingOnce, queueReferenceCheck, queueReferenceOf } from '../../mls/group/queueReference.js'
import type { OpenQueueReference, SealingKeys } from '../../mls/group/queueReference.js'
import { newVerifiedChains, verifyCredential } from '../../mls/group/verifyCredential.js'
import type { Trust } from '../../mls/group/verifyCredential.js'
import type { Limits } from '../../limits/limits.js'
import { keepNewest } from '../../structures/newest.js'

export type LeafPolicyDependencies = {
  readonly domain: Domain
  /** Our own roots. */
  readonly trust: Trust
  /** The roots of other domains that are pinned here; without it there are none. */
  readonly foreignRoots?: ((domain: Domain) => Promise<readonly Uint8Array[]>) | undefined
  readonly sealingKeys: SealingKeys
  /** Whether a fan-out queue of ours exists and was not deleted: asked of the log, never of a read model. */
  readonly queueIsLive: (queue: QueueId) => Promise<boolean>
  readonly limits: Pick<Limits, 'keyPackageLifetimeMsMax'>
}

/** What was verified is remembered by every policy made here; the oldest is forgotten first. */
const chainsMax = 20_000
const issuersMax = 1_000
const keyPackagesMax = 20_000

/** A policy for these leaves at `now` (ms). `before`: leaves that were judged, whose credentials are looked at once more. */
export type MakeLeafPolicy = (
  leaves: readonly LeafNode[],
  now: number,
  before?: readonly LeafNode[],
) => Promise<LeafPolicy & Pick<KeyPackagePolicy, 'queueReference'>>

export const makeLeafPolicy = ({
  domain,
  trust: ownTrust,
  foreignRoots,
  sealingKeys,
  queueIsLive,
  limits,
}: LeafPolicyDependencies): MakeLeafPolicy => {
  const chains = newVerifiedChains(chainsMax, issuersMax)
  const verifiedKeyPackages = keepNewest<string, true>(keyPackagesMax)

  /** Looked up before, as the checks themselves ask nobody. */
  const trustIn = async (leaves: readonly LeafNode[]): Promise<Trust> => {
    const roots = new Map<Domain, readonly Uint8Array[]>()
    for (const { credential } of leaves) {
      const of = identityOf(credential)?.domain
      if (of === undefined || of === domain || roots.has(of)) continue
      roots.set(of, (await foreignRoots?.(of)) ?? [])
    }
    return (of) => roots.get(of) ?? ownTrust(of)
  }
  return async (leaves, now, before = []) => {
    const trust = await trustIn([...leaves, ...before])
    const open = openingOnce(sealingKeys)
    const live = new Set<QueueId>()
    const looked = new Set<QueueId>()
    for (const [at, leaf] of leaves.entries()) {
      // Opening a reference costs as much as a signature: others go first.
      if (at > 0) await setImmediate()
      const queue = queueOf(leaf, domain, open)
      if (queue === undefined || looked.has(queue)) continue
      looked.add(queue)
      if (await queueIsLive(queue)) live.add(queue)
    }
    return {
      now,
      maxLifetimeS: Math.floor(limits.keyPackageLifetimeMsMax / 1000),
      credential: (credential, signatureKey) => verifyCredential(credential, signatureKey, trust, now, chains),
      queueReference: queueReferenceCheck({ domain, open, isLive: (queue) => live.has(queue) }),
      requiredExtensions: [extensionType.queueReference],
      verifiedKeyPackages,
    }
  }
}

const queueOf = (leaf: LeafNode, domain: Domain, open: OpenQueueReference): QueueId | undefined => {
  const reference = queueReferenceOf(leaf)
  return reference?.domain === domain ? open(reference, leaf.signatureKey) : undefined
}
