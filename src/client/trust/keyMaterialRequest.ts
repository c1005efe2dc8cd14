/** What a claim of another server's user's KeyPackages is signed as: KeyMaterialRequest of draft-ietf-mimi-protocol-06 (docs/federation.md). */
import {
  encodeWith,
  writeOpaque,
  writeRaw,
  writeUint16,
  writeUint8,
  writeVector,
  type Writer,
} from '../../mls/bytes/writer.js'
import { signContent } from '../../mls/crypto/labels.js'
import { writeRequiredCapabilities } from '../../mls/wire/capabilities.js'
import { writeCredential } from '../../mls/wire/credential.js'
import { extensionType } from '../../mls/wire/extension.js'
import type { GroupId, UserId } from '../../mls/wire/ids.js'
import type { Account } from '../account/account.js'
import { sign } from '../crypto/ed25519.js'

type Asked = {
  readonly account: Pick<Account, 'user' | 'certificates' | 'signatureKey' | 'seed'>
  readonly target: UserId
  readonly room: GroupId
  readonly cipherSuite: number
}

/** Whoever passes it on can change nothing of it: the user's server believes this client's signature alone. */
export const keyMaterialRequest = async (asked: Asked): Promise<Uint8Array> => {
  const signed = encodeWith(writeAsked, asked)
  const signature = await sign(asked.account.seed, signContent('KeyMaterialRequestTBS', signed))
  return encodeWith((writer, bytes) => {
    writeRaw(writer, bytes)
    writeOpaque(writer, signature)
  }, signed)
}

const mls10 = 1
const x509 = 2

const writeAsked = (writer: Writer, { account, target, room, cipherSuite }: Asked): void => {
  writeUint8(writer, mls10)
  for (const uri of [account.user, target, room]) writeOpaque(writer, new TextEncoder().encode(uri))
  writeVector(writer, [cipherSuite], writeUint16)
  writeRequiredCapabilities(writer, { extensions: [extensionType.queueReference], proposals: [], credentials: [x509] })
  writeOpaque(writer, account.signatureKey)
  writeCredential(writer, { type: 'x509', certificates: account.certificates })
}
