/**
 * One Read call on the client's connection, with the client's ways to reconnect and to go to another leader. Its answers
 * are taken as they come: the client's own streams hand each of them on twice more.
 */
import type { EventStoreDBClient } from '@eventstore/db-client'
import streamsService from '@eventstore/db-client/generated/streams_grpc_pb.js'
import { onAbort } from '../../../ports/abort.js'
import { streamUnder } from '../connection/streamUnder.js'
import { toReadAnswer, type ReadAnswer } from './readAnswer.js'
import { toReadRequest, type ReadRequest } from './readRequest.js'

const path = '/event_store.client.streams.Streams/Read'
const asIs = (bytes: Buffer): Buffer => bytes

/**
 * Hands on each answer; resolves at the end of the call, or once `signal` aborts. Throws what the call fails with: nothing
 * comes after that.
 */
export const readCall = async (
  client: EventStoreDBClient,
  request: ReadRequest,
  take: (answer: ReadAnswer) => void,
  signal: AbortSignal,
): Promise<void> => {
  const bytes = toReadRequest(request)
  const create = client['GRPCStreamCreator'](streamsService.StreamsClient, 'read', (stub) =>
    stub.makeServerStreamRequest(
      path,
      asIs,
      toReadAnswer,
      bytes,
      ...client['callArguments']({}, { deadline: Infinity }),
    ),
  )
  const call = await create()
  await new Promise<void>((resolve, reject) => {
    let over = false
    const leave = (): void => {
      over = true
      // In a turn of its own: https://github.com/grpc/grpc-node/issues/1652.
      setImmediate(() => {
        call.cancel()
      })
    }
    const fail = (error: unknown): void => {
      leave()
      reject(error instanceof Error ? error : new Error(String(error)))
    }
    const handOn = (answer: ReadAnswer): void => {
      if (over) return
      try {
        take(answer)
      } catch (error) {
        fail(error)
      }
    }
    call.on('metadata', (metadata) => {
      streamUnder(call, metadata)?.take((message) => {
        handOn(toReadAnswer(message))
      }, fail)
    })
    call.on('error', reject)
    call.on('end', resolve)
    call.on('close', () => {
      unlisten()
    })
    call.on('data', handOn)
    const unlisten = onAbort(signal, () => {
      leave()
      resolve()
    })
  })
}
