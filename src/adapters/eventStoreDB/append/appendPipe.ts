/**
 * One BatchAppend call on the client's connection, with the appends that wait for its answers.
 *
 * The client's own appendToStream is not used. It keeps what is pending in one map for every stream of the process, so
 * that the death of an old stream rejects the appends of the new one, whose answers then crash the process; a write that
 * waits for the network when its stream dies is an unhandled rejection; and an append nobody answers is kept for ever.
 */
import type { EventStoreDBClient } from '@eventstore/db-client'
import streamsService from '@eventstore/db-client/generated/streams_grpc_pb.js'
import { StoreUnavailable } from '../../../ports/eventStore.js'
import { toAnswered, type Answer, type Answered } from './appendAnswer.js'
import { reasonOf } from '../connection/storeErrors.js'
import { streamUnder, type StreamUnder } from '../connection/streamUnder.js'

/** Gets the answer to one append, or the reason why there will be none. Called once. */
export type Receiver = (answer: Answer | Error) => void

export type AppendPipe = {
  write(correlation: string, request: Buffer, receive: Receiver): void
  close(): void
}

const path = '/event_store.client.streams.Streams/BatchAppend'
const asIs = (bytes: Buffer): Buffer => bytes

/** Opens it; `onBroken` is called once when it can carry no more, after every receiver was told. */
export const openAppendPipe = async (
  client: EventStoreDBClient,
  onBroken: (pipe: AppendPipe) => void,
): Promise<AppendPipe> => {
  let opened: AppendPipe | undefined
  // With the creator come the client's ways to reconnect and to go to another leader.
  const create = client['GRPCStreamCreator'](streamsService.StreamsClient, 'batchAppend', (stub) => {
    const call = stub.makeBidiStreamRequest(
      path,
      asIs,
      toAnswered,
      ...client['callArguments']({}, { deadline: Infinity }),
    )
    const receivers = new Map<string, Receiver>()
    let broken: StoreUnavailable | undefined
    const pipe: AppendPipe = {
      write: (correlation, request, receive) => {
        if (broken !== undefined) {
          receive(broken)
          return
        }
        receivers.set(correlation, receive)
        outgoing.send(request)
      },
      close: () => {
        call.cancel()
      },
    }
    const breakDown = (why: string): void => {
      if (broken !== undefined) return
      broken = new StoreUnavailable(`appending: ${why}`)
      for (const receive of receivers.values()) receive(broken)
      receivers.clear()
      onBroken(pipe)
    }
    const hear = ({ correlation, answer }: Answered): void => {
      const receive = receivers.get(correlation)
      receivers.delete(correlation)
      receive?.(answer)
    }
    const fail = (error: unknown): void => {
      breakDown(reasonOf(error))
      call.cancel()
    }
    const outgoing = leavingBy(call, fail)
    call.on('metadata', (metadata) => {
      const under = streamUnder(call, metadata)
      if (under === undefined) return
      outgoing.leaveBy(under)
      under.take((message) => {
        hear(toAnswered(message))
      }, fail)
    })
    call.on('data', hear)
    call.on('error', (error) => {
      breakDown(reasonOf(error))
    })
    call.on('end', () => {
      breakDown('the server ended the call')
      call.cancel()
    })
    opened = pipe
    return call
  })
  await create()
  if (opened === undefined) throw new StoreUnavailable('appending: no call was made')
  return opened
}

type Outgoing = {
  send(request: Buffer): void
  /** From now on by this stream, as soon as nothing waits that went the other way. */
  leaveBy(under: StreamUnder): void
}

/** Backpressure is the sender's bound on what is pending. `fail`: nothing can be sent any more. */
const leavingBy = (call: { write(request: Buffer): unknown }, fail: (error: unknown) => void): Outgoing => {
  let under: StreamUnder | undefined
  let isNext = false
  let leaving: Buffer[] = []

  const leave = (): void => {
    const requests = leaving
    leaving = []
    try {
      under?.write(requests)
    } catch (error) {
      fail(error)
    }
  }
  return {
    leaveBy: (found) => {
      under = found
    },
    send: (request) => {
      isNext ||= under?.isNext() === true
      if (!isNext) call.write(request)
      // Those of one turn of the event loop leave together.
      else if (leaving.push(request) === 1) setImmediate(leave)
    },
  }
}
