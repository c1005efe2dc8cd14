/** Holds the GroupInfo and Welcome of a commit bundle against the staged commit. */
import { toBase64url } from '../bytes/base64url.js'
import { equalBytes } from '../bytes/bytes.js'
import { checkGroupInfoSignature } from './createPublicGroup.js'
import { extensionType, findExtension } from '../wire/extension.js'
import type { GroupInfo } from '../wire/groupInfo.js'
import { encodeTree } from './publicGroup.js'
import { attempt, refuse, type Result } from '../bytes/refusal.js'
import type { StagedCommit } from './stagedCommit.js'
import { type Welcome, welcomeRefs } from '../wire/welcome.js'

/**
 * The GroupInfo is the committer's word on exactly the staged state, and the Welcome addresses exactly those added.
 * Refuses with group-info-mismatch, invalid-signature or welcome-mismatch.
 */
export const checkBundle = (
  staged: StagedCommit,
  groupInfo: GroupInfo,
  welcome: Welcome | undefined,
): Result<undefined> =>
  attempt(() => {
    checkGroupInfo(staged, groupInfo)
    checkWelcome(staged, welcome)
    return undefined
  })

const checkGroupInfo = ({ next, committer }: StagedCommit, info: GroupInfo): void => {
  if (!equalBytes(info.groupContext.bytes, next.groupContext)) refuse('group-info-mismatch', 'groupContext')
  if (!equalBytes(info.confirmationTag, next.confirmationTag)) refuse('group-info-mismatch', 'confirmationTag')
  if (info.signer !== committer.leafIndex) refuse('group-info-mismatch', 'signer')
  const tree = findExtension(info.extensions, extensionType.ratchetTree)
  if (tree !== undefined && !equalBytes(tree, encodeTree(next))) refuse('group-info-mismatch', 'tree')
  checkGroupInfoSignature(next, info)
}

const checkWelcome = ({ next, added }: StagedCommit, welcome: Welcome | undefined): void => {
  if (welcome === undefined) {
    if (added.length > 0) refuse('welcome-mismatch', 'missing')
    return
  }
  if (welcome.cipherSuite !== next.cipherSuite) refuse('welcome-mismatch', 'cipherSuite')
  const addressed = welcomeRefs(welcome).map(toBase64url).sort()
  const expected = added.map(({ keyPackageRef }) => toBase64url(keyPackageRef)).sort()
  if (addressed.join() !== expected.join() || expected.length === 0) refuse('welcome-mismatch', 'refs')
}
