/** A signal as far as a server can tell, of any epoch, leaf and size. */
import { groupIdBytes } from '#src/mls/wire/ids.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { encodeSignal } from '#src/mls/wire/signal.js'
import { random } from '../commands/mlsFixture.js'

export const forgedSignal = (
  group: GroupId,
  epoch: bigint,
  leafIndex: number,
  { bytes }: { readonly bytes?: number } = {},
): Uint8Array => {
  const of = (size: number): Uint8Array =>
    encodeSignal({
      groupId: groupIdBytes(group),
      epoch,
      leafIndex,
      nonce: random(12),
      ciphertext: random(size),
      signature: random(64),
    })
  if (bytes === undefined) return of(144)
  // The length of what is this long takes two bytes.
  return of(bytes - (of(100).length - 100))
}
