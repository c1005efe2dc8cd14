/** The token of an invitation: 128 random bits, of which the server keeps the hash. */
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { Random } from '../../ports/random.js'

const secretBytes = 16
const dayMs = 24 * 60 * 60 * 1_000
/** How long one lets somebody in where nobody says how long. */
export const invitationExpiresAfterMs = 7 * dayMs

export const newInvitation = (random: Random): string => `hs_in_${toBase64url(random.bytes(secretBytes))}`
