/** The steps before a client is vouched for: its id and its key are taken in the log, so that of many at once one wins. */
import { clientIdStream } from '../../events/clientId.js'
import { signatureKeyStream } from '../../events/signatureKey.js'
import type { ClientId, UserId } from '../../mls/wire/ids.js'
import { derivedId } from '../../streams/commandId.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import {
  clientIdAggregate,
  signatureKeyAggregate,
  takeClientId,
  takeSignatureKey,
  takeUnusedKey,
} from '../account/taken.js'

type Steps = Pick<Streams, 'execute'>

/** Undefined when it is the user's now. Its command id derives from `command`: running it again changes nothing. */
export const takeIdOf = async (
  streams: Steps,
  command: CommandContext,
  { user, client }: { readonly user: UserId; readonly client: ClientId },
): Promise<Rejected | undefined> => {
  const step = { ...command, id: derivedId(command.id, 'takeClientId', client) }
  const taken = await streams.execute(clientIdAggregate, clientIdStream(client), step, takeClientId(user))
  return 'rejected' in taken ? taken : undefined
}

/** `keyHash`: SHA-256 of the signature key, base64url. */
type TakeKey = (
  streams: Steps,
  command: CommandContext,
  key: { readonly client: ClientId; readonly keyHash: string },
) => Promise<Rejected | undefined>

const takeKeyBy =
  (take: typeof takeSignatureKey): TakeKey =>
  async (streams, command, { client, keyHash }) => {
    const step = { ...command, id: derivedId(command.id, 'takeSignatureKey', keyHash) }
    const taken = await streams.execute(signatureKeyAggregate, signatureKeyStream(keyHash), step, take(client))
    return 'rejected' in taken ? taken : undefined
  }

export const takeKeyOf = takeKeyBy(takeSignatureKey)

/** Of a key that nobody, this client included, may have taken before. */
export const takeUnusedKeyOf = takeKeyBy(takeUnusedKey)
