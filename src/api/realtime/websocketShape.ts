/** The address of the websocket as the OpenAPI document shows it: a handshake, and what refuses one. */
import { z } from 'zod'
import { described } from '../../contract/fields.js'
import type { RouteShape } from '../http/route.js'
import { websocketPath } from './upgrade.js'

export const websocketShape: RouteShape = {
  method: 'get',
  path: websocketPath,
  tag: 'Realtime',
  summary: 'Open the websocket',
  description:
    'A handshake (RFC 6455) with the subprotocol `mls-homeserver.1`; its frames are in /asyncapi.json. A token comes as ' +
    '`Authorization: Bearer`, as a second subprotocol `bearer.<token>`, or in the first frame.',
  access: 'anonymous',
  headers: {
    'Sec-WebSocket-Protocol': {
      description: 'The subprotocol, and where the token comes with it `bearer.<token>` behind it',
      schema: described(z.string(), 'Subprotocols, by commas', 'mls-homeserver.1'),
    },
  },
  success: { status: 101 },
  also: [
    {
      status: 200,
      description: 'The same through a proxy that speaks HTTP/2 or HTTP/3 to the client (RFC 8441, RFC 9220)',
    },
  ],
  problems: [
    'malformed',
    'not-authenticated',
    'token-expired',
    'user-disabled',
    'misdirected',
    'upgrade-required',
    'limit-reached',
    'internal',
    'store-unavailable',
  ],
  apart: true,
}
