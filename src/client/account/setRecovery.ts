/** Setting a recovery key: made here, its public half recorded by the server, the code for it told to the person once. */
import { toBase64url } from '../../mls/bytes/base64url.js'
import { randomBytes, randomId } from '../crypto/random.js'
import { writeRecoveryCode } from '../crypto/recoveryCode.js'
import { recoveryKeysOf } from '../crypto/recoveryKeys.js'
import type { Engine } from '../engine/engine.js'
import { signApproval } from './link.js'

/** Bytes of a code. */
const codeBytes = 16

/** The code, which is nowhere else. The one before is good for nothing from then on. */
export const setRecovery = async (engine: Engine, passphrase: string | undefined): Promise<string> => {
  const code = randomBytes(codeBytes)
  const { locatorHash, keys } = await recoveryKeysOf(code, passphrase)
  const publicKey = toBase64url(keys.publicKey)
  const approval = await signApproval(engine, '/v1/users/me/recovery', { publicKey, locatorHash })
  await engine.api.account.setRecovery(randomId(), { publicKey, locatorHash, approval })
  return writeRecoveryCode(code)
}
