/** The certificate request of a client (PKCS#10, RFC 2986): its signature key, and the URIs that the server gave out. */
import { signatureSchemes } from '../../mls/crypto/signatureScheme.js'
import { extensionOid, uriName } from '../../mls/x509/certificate.js'
import type { ClientId, UserId } from '../../mls/wire/ids.js'
import { bitString, der, integer, octetString, oid, sequence, set } from './derWriter.js'
import { type KeyPair, sign } from './ed25519.js'

const ed25519Algorithm = sequence(oid(signatureSchemes.Ed25519.keyOid))
const extensionRequest = oid('1.2.840.113549.1.9.14')
const subjectAltName = oid(extensionOid.subjectAltName)
const attributesTag = 0xa0

/** DER. Its only extension is the SAN with exactly the user and client URIs (docs/rules.md, Vouching); the subject is empty. */
export const certificateRequest = async (keys: KeyPair, user: UserId, client: ClientId): Promise<Uint8Array> => {
  const names = sequence(...[user, client].map((uri) => der(uriName, new TextEncoder().encode(uri))))
  const extensions = sequence(sequence(subjectAltName, octetString(names)))
  const info = sequence(
    integer(0),
    sequence(),
    sequence(ed25519Algorithm, bitString(keys.publicKey)),
    der(attributesTag, sequence(extensionRequest, set(extensions))),
  )
  return sequence(info, ed25519Algorithm, bitString(await sign(keys.seed, info)))
}
