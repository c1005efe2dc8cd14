/** What the server's keys are for: it vouches for clients, and opens the queue references that they sealed for it. */
import { openAuthority } from '../adapters/x509/authority.js'
import { readCertificateRequest } from '../adapters/x509/certificateRequest.js'
import { rememberReferences } from '../items/references.js'
import type { OpenReference } from '../items/references.js'
import { fromBase64url } from '../mls/bytes/base64url.js'
import { nodeCrypto } from '../mls/crypto/nodeCrypto.js'
import { rootFingerprint } from '../mls/group/rootStatement.js'
import { openQueueReference } from '../mls/group/queueReference.js'
import type { SealingKeys } from '../mls/group/queueReference.js'
import { decodeQueueReference } from '../mls/wire/queueReferenceCodec.js'
import type { Domain } from '../mls/wire/ids.js'
import type { Authority } from '../ports/authority.js'
import type { Intermediate } from '../ports/keys.js'
import { onceEach } from '../structures/onceEach.js'
import type { Keyring } from './keys/keyring.js'

export type Vouching = {
  readonly authority: Authority
  readonly sealingKeys: SealingKeys
  readonly openReference: OpenReference
}

export const vouchWith = (domain: Domain, keyring: Keyring): Vouching => ({
  authority: authorityOf(domain, keyring),
  sealingKeys: keyring.sealingKeys,
  openReference: openerOf(domain, keyring.sealingKeys),
})

/** As people compare it, of the root that is now. */
export const rootPrintOf =
  ({ authority }: Pick<Vouching, 'authority'>) =>
  (): string =>
    rootFingerprint(authority.root, nodeCrypto)

/** Of whichever intermediate signs at the moment. */
const authorityOf = (domain: Domain, { intermediate, intermediates, successions }: Keyring): Authority => {
  const opened = onceEach(({ root, certificate, privateKey }: Intermediate) =>
    openAuthority({
      domain,
      rootCertificate: root,
      intermediateCertificate: certificate,
      intermediatePrivateKey: privateKey,
    }),
  )
  return {
    domain,
    get root() {
      return intermediate().root
    },
    get successions() {
      return successions()
    },
    get intermediates() {
      return intermediates().map(({ certificate }) => certificate)
    },
    readRequest: readCertificateRequest,
    issue: async (request, at, lifetimeMs) => (await opened(intermediate())).issue(request, at, lifetimeMs),
    sign: async (content) => (await opened(intermediate())).sign(content),
  }
}

/** Another server’s references are sealed for that one: our keys are not asked for it. */
const openerOf = (domain: Domain, sealingKeys: SealingKeys): OpenReference =>
  rememberReferences(({ reference, signatureKey }) => {
    const [bytes, key] = [fromBase64url(reference), fromBase64url(signatureKey)]
    const decoded = bytes === undefined ? undefined : decodeQueueReference(bytes)
    if (decoded?.ok !== true || key === undefined || decoded.value.domain !== domain) return undefined
    return openQueueReference(decoded.value, key, sealingKeys)
  })
