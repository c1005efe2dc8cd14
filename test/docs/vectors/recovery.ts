/** Vectors of recovery codes: how one is written, and what it stands for. */
import { writeRecoveryCode } from '#src/client/crypto/recoveryCode.js'
import { recoveryKeysOf } from '#src/client/crypto/recoveryKeys.js'
import { fromBase64url } from '#src/mls/bytes/base64url.js'
import { toHex } from './hex.js'
import { seededBytes } from './seededRandom.js'

export const recoveryVectors = async () => {
  const codes = [new Uint8Array(16), new Uint8Array(16).fill(0xff), seededBytes('recovery code', 16)]
  const made = codes.map(async (code) => {
    const { locator, locatorHash, keys } = await recoveryKeysOf(code, undefined)
    return {
      code: toHex(code),
      text: writeRecoveryCode(code),
      locator: toHex(fromBase64url(locator) ?? new Uint8Array()),
      locatorHash: toHex(fromBase64url(locatorHash) ?? new Uint8Array()),
      seed: toHex(keys.seed),
      publicKey: toHex(keys.publicKey),
    }
  })
  return {
    description:
      'Recovery codes (docs/wire.md, Recovery) without a passphrase: as bytes and as text, with what they stand for, in hex. Test codes.',
    codes: await Promise.all(made),
    refused: [
      '',
      '0000',
      '0024-H36H-2NCS-VRH6-DAQF-6DVV-QZZ',
      '8000-0000-0000-0000-0000-0000-000',
      'U024-H36H-2NCS-VRH6-DAQF-6DVV-QZW',
    ],
  }
}
