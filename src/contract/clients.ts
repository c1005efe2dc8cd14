/** A user's clients as others are shown them: by the certificates that vouch for their keys. */
import { z } from 'zod'
import type { VouchedKey } from '../events/user.js'
import type { ClientId } from '../mls/wire/ids.js'
import { bytesOut, clientUri, signatureAlgorithm } from './fields.js'

/** As it stands in an MLS credential. */
export const certificateChain = z
  .array(bytesOut)
  .describe('The chain for the client’s credential, DER: the client’s certificate and the intermediate one')

const vouchedKey = z
  .object({
    algorithm: signatureAlgorithm,
    signatureKey: bytesOut.describe('As it stands in the client’s leaves'),
    certificates: certificateChain,
  })
  .meta({ title: 'VouchedKey', description: 'A signature key of a client, with the certificates for it' })

const listedClient = z
  .object({ client: clientUri, keys: z.array(vouchedKey).describe('One for each signature scheme that it uses') })
  .meta({ title: 'ListedClient', description: 'A client of a user' })

export const clientsAnswer = z.object({ clients: z.array(listedClient).describe('Its clients') })
export type ClientsShown = z.infer<typeof clientsAnswer>

type Listed = { readonly client: ClientId; readonly keys: readonly VouchedKey[] }

export const clientsShown = (clients: readonly Listed[]): ClientsShown => ({
  clients: clients.map(({ client, keys }) => ({
    client,
    keys: keys.map((key) => ({
      algorithm: key.algorithm,
      signatureKey: key.signatureKey,
      certificates: [key.certificate, key.issuer],
    })),
  })),
})
