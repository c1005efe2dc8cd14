/** The external_pub extension of a GroupInfo (RFC 9420 §12.4.3.2): the key by which clients join, or come back, by themselves. */
import { decodeExactly, readOpaque } from '../bytes/reader.js'
import { attempt, refuse, type Result } from '../bytes/refusal.js'
import { isHpkeKey } from '../crypto/soundKey.js'
import type { CipherSuite } from '../crypto/suite.js'
import { extensionType, findExtension } from '../wire/extension.js'
import type { GroupInfo } from '../wire/groupInfo.js'

/**
 * Refuses with group-info-mismatch a GroupInfo that nobody can join by: without the extension, with something else than an
 * HPKEPublicKey in it, or with a key that nobody can encrypt to.
 */
export const checkExternalPub = (suite: CipherSuite, { extensions }: GroupInfo): Result<undefined> =>
  attempt(() => {
    const data = findExtension(extensions, extensionType.externalPub)
    const key = data === undefined ? undefined : attempt(() => decodeExactly(data, readOpaque))
    return key?.ok === true && isHpkeKey(suite, key.value) ? undefined : refuse('group-info-mismatch', 'externalPub')
  })
