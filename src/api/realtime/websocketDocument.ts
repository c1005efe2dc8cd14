/** The AsyncAPI document of the websocket, made of the schemas that check its frames. */
import { documentSchemas } from '../http/documentSchemas.js'
import { exampleOf } from '../http/documentExamples.js'
import { clientFrame, closeCodes, serverFrame } from './websocketFrames.js'

const closes = Object.entries(closeCodes)
  .map(([name, code]) => `${code} \`${name}\``)
  .join(', ')

export const asyncapi = (options: { readonly url: string; readonly version: string }): object => {
  const { host, pathname, protocol } = new URL(options.url)
  const schemas = documentSchemas()
  const payloads = [...clientFrame.options, ...serverFrame.options].map((frame) => {
    const io = clientFrame.options.some((one) => one === frame) ? 'input' : 'output'
    return { name: frame.shape.type.value, summary: frame.description ?? '', io, payload: schemas.of(frame, io) }
  })
  const named = schemas.all()
  const messages = Object.fromEntries(
    payloads.map(({ name, summary, payload }) => [
      name,
      {
        name,
        title: name,
        summary,
        contentType: 'application/json',
        payload,
        examples: [{ payload: exampleOf(payload, named) }],
      },
    ]),
  )
  const refs = (io: string): object[] =>
    payloads.filter((one) => one.io === io).map(({ name }) => ({ $ref: `#/channels/websocket/messages/${name}` }))
  const channel = { $ref: '#/channels/websocket' }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'MLS homeserver, realtime',
      version: options.version,
      description: `Subprotocol \`mls-homeserver.1\`. Close codes: ${closes}.`,
      contact: { name: 'The operator of this server' },
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      tags: [{ name: 'Realtime', description: 'Both directions over one websocket' }],
    },
    servers: { homeserver: { host, pathname, protocol: protocol === 'https:' ? 'wss' : 'ws' } },
    channels: { websocket: { address: '/v1/websocket', messages } },
    operations: {
      receive: {
        action: 'send',
        summary: 'What a client hears',
        description: 'Items, and answers to what it sent.',
        channel,
        messages: refs('output'),
      },
      send: {
        action: 'receive',
        summary: 'What a client says',
        description: 'It opens queues, acknowledges and sends.',
        channel,
        messages: refs('input'),
      },
    },
    components: { schemas: named },
  }
}
