/** The receipts of erasures: each is keyed over its entry and the receipt before, so that none is changed, forged or left out unseen. */
import { createHash, createHmac, hkdfSync } from 'node:crypto'
import type { UserId } from '../../mls/wire/ids.js'
import type { Erased, Erasure, ServerKeys } from '../../ports/keys.js'

/** Whom an entry is about, told to nobody who does not know the id: those are random. */
export const hashOfUser = (user: UserId): string => createHash('sha256').update(user).digest('base64url')

export type Receipts = {
  /** What follows the others. */
  readonly next: (before: readonly Erasure[], erased: Erased) => Erasure
  readonly wrongIn: (entries: readonly Erasure[]) => number | undefined
}

/** By the key of handles, which is never another one. */
export const receiptsOf = ({ handleKey }: Pick<ServerKeys, 'handleKey'>): Receipts => {
  const key = new Uint8Array(hkdfSync('sha256', handleKey, new Uint8Array(), 'erasures', 32))
  const receipt = (number: number, before: string, { user, at }: Erased): string =>
    createHmac('sha256', key).update([number, before, user, at].join(' ')).digest('base64url')
  return {
    next: (before, { user, at }) => ({
      user,
      at,
      receipt: receipt(before.length + 1, before.at(-1)?.receipt ?? '', { user, at }),
    }),
    wrongIn: (entries) => {
      const wrong = entries.findIndex(
        (entry, n) => entry.receipt !== receipt(n + 1, entries[n - 1]?.receipt ?? '', entry),
      )
      return wrong < 0 ? undefined : wrong + 1
    },
  }
}
