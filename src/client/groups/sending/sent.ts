/** What this client sent, kept until it comes back by the queue: only then is it certain that the others can have it. */
import type { GroupId } from '../../../mls/wire/ids.js'
import type { Saver } from '../../engine/saver.js'
import type { Store } from '../../store/store.js'
import type { Unconfirmed } from '../../engine/savedEvent.js'
import { decodeRecord, encodeRecord } from '../../store/record.js'
import { isContent } from '../franking.js'

type Sent = { readonly digest: string; readonly plaintext: Uint8Array; readonly authenticatedData: Uint8Array }

const keyOf = (group: GroupId, digest: string): string => `sent/${group}/${digest}`

/** Control messages of the SDK's own are not the application's to know. */
export const keepSent = (
  { saver }: { readonly saver: Saver },
  group: GroupId,
  { digest, plaintext, authenticatedData }: Sent,
): void => {
  if (isContent(authenticatedData)) saver.put(keyOf(group, digest), () => encodeRecord({ plaintext }))
}

/** It came back, or whoever sent it was told what became of it. */
export const forgetSent = ({ saver }: { readonly saver: Saver }, group: GroupId, digest: string): void => {
  saver.remove(keyOf(group, digest))
}

export const sentWith = async (
  { store }: { readonly store: Store },
  group: GroupId,
  digests: readonly string[],
): Promise<readonly Unconfirmed[]> => {
  const found: Unconfirmed[] = []
  for (const digest of digests) {
    const bytes = await store.get(keyOf(group, digest))
    if (bytes === undefined) continue
    const { plaintext } = decodeRecord(bytes) as { readonly plaintext: Uint8Array }
    found.push({ plaintext, digest })
  }
  return found
}
