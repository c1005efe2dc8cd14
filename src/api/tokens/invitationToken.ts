/** The token of an invitation: 128 random bits, of which the server keeps the hash. */
import { toBase64url } from '../../mls/bytes/base64url.js'
import type { Limits } from '../../limits/limits.js'
import type { Random } from '../../ports/random.js'

const secretBytes = 16
const dayMs = 24 * 60 * 60 * 1_000
/** How long one lets somebody in where nobody says how long. */
const expiresAfterMs = 7 * dayMs

/** Until when one lets somebody in: as asked, else for a week, ms. */
export const expiryOf = (
  asked: number | undefined,
  at: number,
  { invitationMsMax }: Pick<Limits, 'invitationMsMax'>,
): number => asked ?? at + Math.min(expiresAfterMs, invitationMsMax)

export const newInvitation = (random: Random): string => `hs_in_${toBase64url(random.bytes(secretBytes))}`
