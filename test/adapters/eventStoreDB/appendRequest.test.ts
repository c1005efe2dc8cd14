/** The bytes of an append, read back by the client's own messages. */
import streams from '@eventstore/db-client/generated/streams_pb.js'
import { expect } from 'chai'
import { toRequest } from '#src/adapters/eventStoreDB/append/appendRequest.js'
import type { AppendRequest } from '#src/adapters/eventStoreDB/append/appendRequest.js'

const correlation = '1b671a64-40d5-491e-99b0-da01ff1f3341'
const events = [
  { id: '2b671a64-40d5-491e-99b0-da01ff1f3341', type: 'Sent', data: '{"text":"ä😀"}', meta: '{"v":1}' },
  {
    id: '3b671a64-40d5-491e-99b0-da01ff1f3341',
    type: 'Erased',
    data: 'null',
    meta: `{"long":"${'x'.repeat(70_000)}"}`,
  },
]
const asked: AppendRequest = { stream: 'messages-ä', events, expected: 'any', content: 'bytes' }
const readBack = (request: AppendRequest) => streams.BatchAppendReq.deserializeBinary(toRequest(correlation, request))

describe('an append on its way to EventStoreDB', () => {
  it('is one whole message, with every event as it was written out', () => {
    const read = readBack(asked)
    expect(read.getCorrelationId()?.getString()).to.equal(correlation)
    expect(read.getIsFinal()).to.equal(true)
    expect(Buffer.from(read.getOptions()?.getStreamIdentifier()?.getStreamName_asU8() ?? '').toString()).to.equal(
      'messages-ä',
    )
    const found = read.getProposedMessagesList().map((message) => ({
      id: message.getId()?.getString(),
      type: message.getMetadataMap().get('type'),
      data: Buffer.from(message.getData_asU8()).toString(),
      meta: Buffer.from(message.getCustomMetadata_asU8()).toString(),
    }))
    expect(found).to.deep.equal(events)
  })

  it('says what its data is', () => {
    const contentOf = (content: AppendRequest['content']) =>
      readBack({ ...asked, content })
        .getProposedMessagesList()[0]
        ?.getMetadataMap()
        .get('content-type')
    expect([contentOf('bytes'), contentOf('json')]).to.deep.equal(['application/octet-stream', 'application/json'])
  })

  it('says what it expects of the stream, up to the last revision there can be, and sends no deadline', () => {
    const expects = (expected: AppendRequest['expected']) => {
      const options = readBack({ ...asked, expected }).getOptions()
      return [options?.hasAny(), options?.hasNoStream(), options?.getStreamPosition(), options?.hasDeadline()]
    }
    expect(expects('any')).to.deep.equal([true, false, '0', false])
    expect(expects('none')).to.deep.equal([false, true, '0', false])
    for (const revision of [0, 1, 300, Number.MAX_SAFE_INTEGER])
      expect(expects(revision)).to.deep.equal([false, false, String(revision), false])
  })
})
