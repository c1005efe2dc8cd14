/** Asking another server for the clients of a user of its own: an extension of ours. */
import { z } from 'zod'
import { bytes, clientId } from '../../events/form/fields.js'
import { signatureAlgorithm } from '../../contract/fields.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { ClientElsewhere, UserElsewhere } from '../../ports/peers.js'
import { askAboutUser } from './aboutUser.js'
import type { Peers } from './client.js'

/** The extension that a directory names, and the endpoint. */
export const clientsExtension = 'clients'

/** 256 clients, with keys of several schemes. */
const bytesMax = 4 * 1024 * 1024

const vouchedKey = z.object({
  algorithm: signatureAlgorithm,
  signatureKey: bytes.max(256),
  certificates: z.array(bytes.max(16_384)).max(4),
})
const schema = z.object({
  clients: z.array(z.object({ client: clientId, keys: z.array(vouchedKey).max(16) })).max(256),
})

/** Undefined where nobody is there for `by` to see. Throws what `askAboutUser` throws. */
export const askClients = async (
  peers: Peers,
  asked: UserElsewhere,
): Promise<readonly ClientElsewhere[] | undefined> => {
  const said = await askAboutUser(peers, { ...asked, endpoint: clientsExtension, schema, bytesMax })
  // A peer speaks for its own.
  return said?.clients.filter(({ client }) => domainOf(client) === domainOf(asked.user))
}
