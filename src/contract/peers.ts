/** What is said of other servers to operators. */
import { z } from 'zod'
import { domainName } from '../events/form/fields.js'
import { peerPolicy } from '../events/peer.js'
import { described, named, timeOut } from './fields.js'

export const peerField = named(domainName, {
  title: 'PeerDomain',
  description: 'Another server, by its domain: a lower-case DNS name, optionally with a port',
  example: 'b.example',
})
export const peerPolicyField = named(peerPolicy, {
  title: 'PeerPolicy',
  description: 'Whether it is spoken to: allowed, blocked, or byDefault, which is what the setting FEDERATION says',
  example: 'blocked',
})
export const peerRootField = described(
  z.string().regex(/^[A-Za-z0-9_-]{1,8192}$/),
  'The root of its Authentication Service: a certificate in DER, base64url',
  'MIIBPjCB8aADAgECAgxX',
)

export const peerAnswer = z
  .object({
    domain: peerField,
    policy: peerPolicyField,
    seen: timeOut.optional().describe('When it was first seen, by our clock, ms since 1970, where it was'),
    root: peerRootField.optional().describe('The root that is believed, where one is'),
    fingerprint: described(
      z.string(),
      'The SHA-256 of that, base64url: to be compared with what its operator says',
      '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
    ).optional(),
    keys: z
      .array(
        z
          .object({
            id: described(z.string(), 'Its name', 'Zm9vYmFyMTI'),
            notBefore: timeOut.describe('From when on it signs, ms since 1970'),
            notAfter: timeOut.describe('Until when, ms since 1970'),
          })
          .meta({ title: 'PeerKey', description: 'A key of its messages' }),
      )
      .describe('Its keys, as it published them last'),
  })
  .meta({ title: 'Peer', description: 'Another server, as this one knows it' })
export type PeerShown = z.infer<typeof peerAnswer>
