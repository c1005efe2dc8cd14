/** What one home tells another of two users, as the draft's ConsentEntry, and at which endpoint. Pure. */
import type { Word } from '../../items/contactWord.js'
import { domainOf } from '../../mls/wire/ids.js'
import { letterExtension } from '../letterExtension.js'
import type { ConsentEntry } from '../wire/consent.js'

export type Consent = {
  readonly endpoint: 'requestConsent' | 'updateConsent'
  readonly parameters: Readonly<Record<string, string>>
  readonly entry: ConsentEntry
}

/** Who asks, and who is gone, speaks as a requester; who answers as the target of the request. */
export const consentOf = ({ word, user, other, ciphertext }: Word): Consent => {
  const extensions = letterExtension(ciphertext)
  const asking = {
    endpoint: 'requestConsent',
    parameters: { targetDomain: domainOf(other) },
  } as const
  const answering = {
    endpoint: 'updateConsent',
    parameters: { requesterDomain: domainOf(other) },
  } as const
  const asked = { requesterUri: user, targetUri: other, roomId: undefined, extensions }
  const answered = { requesterUri: other, targetUri: user, roomId: undefined, extensions }
  switch (word) {
    case 'request':
      return { ...asking, entry: { ...asked, operation: 'request' } }
    case 'end':
      return { ...asking, entry: { ...asked, operation: 'cancel' } }
    case 'accept':
      return { ...answering, entry: { ...answered, operation: 'grant', keyPackages: [] } }
    case 'reject':
      return { ...answering, entry: { ...answered, operation: 'revoke' } }
  }
}
