/** What the MLS module refused, as this server's rejections. */
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Limits } from '../../limits/limits.js'
import type { Refusal } from '../../mls/bytes/refusal.js'
import { supportedSuites } from '../../mls/crypto/servedSuites.js'
import type { CommitBundle } from '../../mls/wire/mlsMessage.js'
import type { ActiveGroup } from './fold/state.js'

/** The thing whose signature may have failed. */
type Signed = 'proposal' | 'commit' | 'groupInfo' | 'keyPackage'

export const rejectionOf = (refusal: Refusal, what: Signed): Rejected => {
  const { code, reason } = refusal
  switch (code) {
    case 'malformed':
      return reject({ code, detail: reason })
    case 'too-large': {
      const actual = refusal.actual === undefined ? {} : { actual: refusal.actual }
      return reject({ code, max: refusal.max ?? 0, ...actual })
    }
    case 'unsupported-ciphersuite':
      return reject({ code, supported: supportedSuites })
    case 'invalid-proposal':
      return reject({ code, reason, refs: refusal.refs ?? [] })
    case 'unsupported-message':
    case 'invalid-key-package':
    case 'invalid-leaf':
    case 'invalid-commit':
    case 'welcome-mismatch':
    case 'group-info-mismatch':
      return reject({ code, reason })
    case 'invalid-signature':
      return badSignature(what, reason)
    case 'wrong-epoch':
      return reject({ code, currentEpoch: String(refusal.currentEpoch ?? 0n) })
    case 'wrong-group':
      return reject({ code: 'malformed', detail: 'the message names another group' })
  }
}

/** The same of a handshake message that was to be read: one with a proposal of a type that members could not follow. */
export const unreadable = (refusal: Refusal, what: 'proposal' | 'commit'): Rejected =>
  refusal.code === 'unsupported-message' && refusal.reason === 'proposalType'
    ? reject({ code: 'not-allowed', capability: refusal.reason })
    : rejectionOf(refusal, what)

const badSignature = (what: Signed, reason: string): Rejected => {
  switch (what) {
    case 'proposal':
      return reject({ code: 'invalid-proposal', reason, refs: [] })
    case 'commit':
      return reject({ code: 'invalid-commit', reason })
    case 'groupInfo':
      return reject({ code: 'group-info-mismatch', reason })
    case 'keyPackage':
      return reject({ code: 'invalid-key-package', reason })
  }
}

/** Another Commit ended the epoch that was asked for: its bytes, while the fold still has them. */
export const wrongEpoch = ({ mls, recent }: ActiveGroup, asked: bigint): Rejected => {
  const winner = recent.find(({ epoch }) => epoch === asked + 1n)
  const winningCommit = winner === undefined ? {} : { winningCommit: winner.commit }
  return reject({ code: 'wrong-epoch', currentEpoch: String(mls.epoch), ...winningCommit })
}

/** Each part of a Commit's bundle has a limit of its own. */
export const refuseSizes = (
  { commitBytes, welcomeBytes, groupInfoBytes }: CommitBundle,
  limits: Pick<Limits, 'mlsMessageBytesMax' | 'welcomeBytesMax' | 'groupInfoBytesMax'>,
): Rejected | undefined =>
  tooLarge(commitBytes.length, limits.mlsMessageBytesMax) ??
  tooLarge(welcomeBytes?.length ?? 0, limits.welcomeBytesMax) ??
  tooLarge(groupInfoBytes.length, limits.groupInfoBytesMax)

const tooLarge = (actual: number, max: number): Rejected | undefined =>
  actual > max ? reject({ code: 'too-large', max, actual }) : undefined
