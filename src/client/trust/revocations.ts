/** The certificates that the homeserver has revoked: read when somebody is to be let in or believed, and kept. */
import { attempt } from '../../mls/bytes/refusal.js'
import { parseCertificate } from '../../mls/x509/certificate.js'
import type { RevocationPage } from '../api/account.js'
import { isRefusal } from '../transport/refused.js'

/** Whether one of the certificates is on the list of now, or of a minute ago. Throws where the list cannot be had. */
export type IsRevoked = (certificates: readonly Uint8Array[]) => Promise<boolean>

/** For so long the list is not read again. */
const freshMs = 60_000

/**
 * `readPage` asks the homeserver for the page at a cursor, the first without one. The list only grows, at its end. `mayBeOld`: whether what was
 * read before will do where it cannot be had for this reason.
 */
export const revocationsBy = (
  readPage: (cursor: string | undefined) => Promise<RevocationPage>,
  now: () => number,
  mayBeOld: (reason: unknown) => boolean = () => false,
): IsRevoked => {
  let serials = new Set<string>()
  let lastPage: string | undefined
  let readAt = -Infinity
  let reading: Promise<void> | undefined

  const readOn = async (): Promise<void> => {
    const began = now()
    for (;;) {
      const { revoked, next } = await readPage(lastPage)
      for (const { serial } of revoked) serials.add(serial.toLowerCase())
      if (next === undefined) break
      lastPage = next
    }
    readAt = began
  }

  /** Another log than before counts anew. */
  const read = async (): Promise<void> => {
    try {
      await readOn()
    } catch (error) {
      if (!isRefusal(error, 'cursor-expired')) throw error
      serials = new Set()
      lastPage = undefined
      await readOn()
    }
  }

  const readIfThere = async (): Promise<void> => {
    const began = now()
    try {
      await read()
    } catch (error) {
      if (!mayBeOld(error)) throw error
      readAt = began
    }
  }

  return async (certificates) => {
    if (now() - readAt > freshMs) {
      reading ??= readIfThere().finally(() => {
        reading = undefined
      })
      await reading
    }
    return certificates.map(serialOf).some((serial) => serial !== undefined && serials.has(serial))
  }
}

const serialOf = (certificate: Uint8Array): string | undefined => {
  const parsed = attempt(() => parseCertificate(certificate))
  return parsed.ok ? parsed.value.serial : undefined
}
