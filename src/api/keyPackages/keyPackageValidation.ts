/** Validates uploaded KeyPackages as their homeserver must (RFC 9420 §10.1), on this thread, giving way between them. */
import { setImmediate } from 'node:timers/promises'
import { supportedSuites } from '../../mls/crypto/servedSuites.js'
import { decodeMlsMessage } from '../../mls/wire/mlsMessage.js'
import type { Result } from '../../mls/bytes/refusal.js'
import { validateKeyPackage } from '../../mls/group/validateKeyPackage.js'
import type { ValidKeyPackage } from '../../mls/group/validateKeyPackage.js'
import type { Limits } from '../../limits/limits.js'
import type { MakeLeafPolicy } from './leafPolicy.js'

/** Each is an MLSMessage; judged at `at` (ms). The results stand in the order of the packages, up to the first refused. */
export type ValidateKeyPackages = (
  packages: readonly Uint8Array[],
  at: number,
) => Promise<readonly Result<ValidKeyPackage>[]>

export const validateKeyPackagesHere =
  (leafPolicy: MakeLeafPolicy, limits: Pick<Limits, 'keyPackageBytesMax'>): ValidateKeyPackages =>
  async (packages, at) => {
    const results: Result<ValidKeyPackage>[] = []
    for (const bytes of packages) {
      const decoded = decodeMlsMessage(bytes, limits.keyPackageBytesMax)
      const leaves = decoded.ok && decoded.value.wireFormat === 'keyPackage' ? [decoded.value.keyPackage.leafNode] : []
      const policy = await leafPolicy(leaves, at)
      const rules = { allowedSuites: supportedSuites, maxBytes: limits.keyPackageBytesMax }
      const result = validateKeyPackage(bytes, { ...policy, ...rules })
      results.push(result)
      if (!result.ok) break
      await setImmediate()
    }
    return results
  }
