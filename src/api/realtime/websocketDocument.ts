/** The AsyncAPI document of the websocket, made of the schemas that check its frames. */
import { z } from 'zod'
import { clientFrame, closeCodes, serverFrame } from './websocketFrames.js'

export const asyncapi = (options: { readonly url: string; readonly version: string }): object => {
  const { host, pathname, protocol } = new URL(options.url)
  const messagesOf = (frames: typeof clientFrame | typeof serverFrame): Record<string, object> =>
    Object.fromEntries(
      frames.options.map((frame) => {
        const { value } = frame.shape.type
        return [value, { name: value, payload: z.toJSONSchema(frame, { io: 'input', unrepresentable: 'any' }) }]
      }),
    )
  const received = messagesOf(serverFrame)
  const sent = messagesOf(clientFrame)
  const refs = (messages: object): object[] =>
    Object.keys(messages).map((name) => ({ $ref: `#/channels/websocket/messages/${name}` }))
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'MLS homeserver, realtime',
      version: options.version,
      description: `Subprotocol mls-homeserver.1. Close codes: ${JSON.stringify(closeCodes)}`,
    },
    servers: { homeserver: { host, pathname, protocol: protocol === 'https:' ? 'wss' : 'ws' } },
    channels: { websocket: { address: '/v1/websocket', messages: { ...sent, ...received } } },
    operations: {
      receive: { action: 'send', channel: { $ref: '#/channels/websocket' }, messages: refs(received) },
      send: { action: 'receive', channel: { $ref: '#/channels/websocket' }, messages: refs(sent) },
    },
  }
}
