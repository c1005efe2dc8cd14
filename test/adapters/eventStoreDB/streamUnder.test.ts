/** The stream under a call of the client that is installed: where it is no more to be found, everything goes the library's way. */
import streamsService from '@eventstore/db-client/generated/streams_grpc_pb.js'
import { Metadata } from '@grpc/grpc-js'
import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { toAnswered } from '#src/adapters/eventStoreDB/append/appendAnswer.js'
import { toRequest } from '#src/adapters/eventStoreDB/append/appendRequest.js'
import { connect } from '#src/adapters/eventStoreDB/connection/connection.js'
import { streamUnder, type StreamUnder } from '#src/adapters/eventStoreDB/connection/streamUnder.js'
import { given, type Given } from './given.js'

const path = '/event_store.client.streams.Streams/BatchAppend'
const asIs = (bytes: Buffer): Buffer => bytes

describe('the stream under a call', () => {
  let here: Given
  beforeEach(async () => {
    here = await given()
  })
  afterEach(() => here.close())

  const open = async () => {
    const { client } = connect(here.server.url)
    const create = client['GRPCStreamCreator'](streamsService.StreamsClient, 'batchAppend', (stub) =>
      stub.makeBidiStreamRequest(path, asIs, asIs, ...client['callArguments']({}, { deadline: Infinity })),
    )
    const call = await create()
    call.on('error', () => undefined)
    return { client, call }
  }
  const request = (stream = 's'): Buffer =>
    toRequest(randomUUID(), {
      stream,
      events: [{ id: randomUUID(), type: 'Tried', data: '{}', meta: '{}' }],
      expected: 'any',
      content: 'bytes',
    })

  it('is found once the server has begun to answer, and carries messages both ways', async () => {
    const { client, call } = await open()
    const heard: number[] = []
    const under = new Promise<StreamUnder | undefined>((resolve, reject) => {
      call.on('metadata', (metadata: Metadata) => {
        const found = streamUnder(call, metadata)
        found?.take((message) => {
          const { answer } = toAnswered(message)
          if ('revision' in answer) heard.push(answer.revision)
          if (heard.length === 20) call.emit('all')
        }, reject)
        resolve(found)
      })
    })
    const all = new Promise((resolve) => call.on('all', resolve))
    call.write(request())
    const found = await under
    while (found?.isNext() === false) await new Promise(setImmediate)
    found?.write(Array.from({ length: 19 }, () => request()))
    await all
    expect(heard).to.deep.equal(Array.from({ length: 20 }, (_, n) => n))
    await client.dispose()
  })

  it('is not next while something waits that was written the other way', async () => {
    const { client, call } = await open()
    const under = new Promise<StreamUnder | undefined>((resolve) => {
      call.on('metadata', (metadata: Metadata) => {
        resolve(streamUnder(call, metadata))
      })
    })
    call.on('data', () => undefined)
    call.write(request())
    const found = await under
    while (found?.isNext() === false) await new Promise(setImmediate)
    for (let n = 0; n < 5; n++) call.write(request())
    expect(found?.isNext()).to.equal(false)
    await client.dispose()
  })

  it('is left to the library where messages may be compressed, and where it is not found', async () => {
    const { client, call } = await open()
    const metadata = new Metadata()
    expect(streamUnder(call, metadata)).to.equal(undefined)
    const answered = new Promise<void>((resolve) => {
      call.on('metadata', (came: Metadata) => {
        came.set('grpc-encoding', 'gzip')
        expect(streamUnder(call, came)).to.equal(undefined)
        resolve()
      })
    })
    call.write(request())
    await answered
    await client.dispose()
  })
})
