/** Application messages of one's own (RFC 9420 §6.3). */
import { type GroupState, unwrap, wrap } from './groupState.js'
import { encodeMessage } from './messageCodec.js'
import { createApplicationMessage } from './tsMls.js'

/** `next` must be saved before the message goes out, or its key could be used twice. */
export const encrypt = async (
  state: GroupState,
  plaintext: Uint8Array,
  authenticatedData: Uint8Array,
): Promise<{ readonly next: GroupState; readonly message: Uint8Array; readonly consumed: readonly Uint8Array[] }> => {
  const { client, suite } = unwrap(state)
  const { newState, privateMessage, consumed } = await createApplicationMessage(
    client,
    plaintext,
    suite,
    authenticatedData,
  )
  return {
    next: wrap({ client: newState, suite }),
    message: encodeMessage({ version: 'mls10', wireformat: 'mls_private_message', privateMessage }),
    consumed,
  }
}
