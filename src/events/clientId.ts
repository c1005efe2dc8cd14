/** The one fact about a client id, in `client-<random id>`: whose it is, for ever. */
import { z } from 'zod'
import type { ClientId } from '../mls/wire/ids.js'
import { userId } from './form/fields.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'
import { streamOf } from './form/streamName.js'

export const clientIdShapes = {
  /** Before anything is vouched for: of two users that name one id at once, one has it. */
  ClientIdTaken: { schema: z.object({ user: userId }) },
} as const
export type ClientIdEvent = EventOf<typeof clientIdShapes>
export const parseClientIdEvent = parserOf(clientIdShapes)
export const clientIdStream = (client: ClientId): string => streamOf('client', client)
