/** The one fact about a signature key, in `key-<hash>`: which client it stands for, for ever. */
import { z } from 'zod'
import { clientId } from './form/fields.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'

export const signatureKeyShapes = {
  /** Before it is vouched for: a leaf's key names one client only. */
  SignatureKeyTaken: { schema: z.object({ client: clientId }) },
} as const
export type SignatureKeyEvent = EventOf<typeof signatureKeyShapes>
export const parseSignatureKeyEvent = parserOf(signatureKeyShapes)
/** `hash`: SHA-256 of the key as it stands in a leaf, base64url. */
export const signatureKeyStream = (hash: string): string => `key-${hash}`
