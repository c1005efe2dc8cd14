/**
 * A server that speaks EventStoreDB's gRPC protocol and behaves as 23.10 was measured to: for tests, not for data. Its
 * answers are late by a seed (TEST_SERVER_SEED, 1 unless set), as those of a real one are.
 */
import featuresService from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js'
import features from '@eventstore/db-client/generated/serverfeatures_pb.js'
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js'
import type { Empty } from '@eventstore/db-client/generated/shared_pb.js'
import streamsService from '@eventstore/db-client/generated/streams_grpc_pb.js'
import type { IStreamsServer } from '@eventstore/db-client/generated/streams_grpc_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import type { DeleteReq, DeleteResp, TombstoneReq, TombstoneResp } from '@eventstore/db-client/generated/streams_pb.js'
import { Metadata, Server, ServerCredentials, type handleUnaryCall } from '@grpc/grpc-js'
import { append, batchAppend } from './appends.js'
import { unknownUser } from './errors.js'
import { createGate, noFaults, type Drop, type Faults, type Gate } from './faults.js'
import { createLateness, type Lateness } from './lateness.js'
import { read } from './reads.js'
import { nameOf } from './streamName.js'
import { openStorage, type Storage } from './storage.js'

export type ServerState = {
  readonly storage: Storage
  readonly faults: Faults
  readonly gate: Gate
  readonly lateness: Lateness
  readonly subscriptions: Set<(how: Drop) => void>
  readonly now: () => number
  /** Called whenever a subscription is over. */
  unsubscribed: () => void
}

export type TestServer = {
  readonly url: string
  readonly port: number
  readonly storage: Storage
  readonly faults: Faults
  /** Answers nothing more, as under SIGSTOP, until `resume`. */
  stall(): void
  resume(): void
  /** Ends every subscription. */
  drop(how: Drop): void
  /** Subscriptions that are open now. */
  subscriptionCount(): number
  /** Resolves once the last of them is over. */
  subscriptionsGone(): Promise<void>
  /** Resolves at the next append. */
  appended(): Promise<void>
  /** Calls that were open at once, at most. */
  openCallsPeak(): number
  /** Reads and subscriptions since the start. */
  readCount(): number
  /** Of these, reads of one stream. */
  streamReadCount(): number
  /** Cuts every connection and refuses new ones, as kill -9 does: acknowledged events stay, what only memory knew is lost. */
  kill(): void
  /** Starts again on the same port. */
  restart(): Promise<void>
  stop(): void
}

export type TestServerOptions = {
  /** As it stands in a URL. */
  readonly host?: string
  readonly port?: number
  /** Where it keeps its log; undefined: in memory only. */
  readonly file?: string
  /** Of its lateness. */
  readonly seed?: number
  /** PEM; undefined: without TLS. */
  readonly tls?: { readonly key: string; readonly certificate: string }
}

/** Of a connection: every call past it waits without a word. */
const openCallsMax = 100
const messageBytesMax = 16 * 1024 * 1024

export const startTestServer = async (options: TestServerOptions = {}): Promise<TestServer> => {
  const faults = noFaults()
  const now = (): number => Date.now() + faults.clockAheadMs
  const storage = openStorage(now, options.file)
  const state: ServerState = {
    storage,
    faults,
    gate: createGate(),
    lateness: createLateness(options.seed ?? Number(process.env['TEST_SERVER_SEED'] ?? 1)),
    subscriptions: new Set(),
    now,
    unsubscribed: () => undefined,
  }
  const calls = { open: 0, peak: 0, reads: 0, streamReads: 0 }
  const credentials =
    options.tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [
          { private_key: Buffer.from(options.tls.key), cert_chain: Buffer.from(options.tls.certificate) },
        ])
  const { host = '127.0.0.1' } = options
  let server = await listen(state, calls, `${host}:${options.port ?? 0}`, credentials)
  const { port } = server
  const kill = (): void => {
    server.grpc.forceShutdown()
    state.subscriptions.clear()
    storage.forgetRecentIds()
  }
  return {
    url: `esdb://${host}:${port}?tls=${options.tls !== undefined}`,
    port,
    storage,
    faults,
    stall: () => {
      state.gate.shut()
    },
    resume: () => {
      state.gate.open()
    },
    drop: (how) => {
      for (const drop of state.subscriptions) drop(how)
    },
    subscriptionCount: () => state.subscriptions.size,
    subscriptionsGone: () =>
      new Promise((resolve) => {
        state.unsubscribed = () => {
          if (state.subscriptions.size === 0) resolve()
        }
        state.unsubscribed()
      }),
    appended: () =>
      new Promise((resolve) => {
        const unlisten = storage.onAppended(() => {
          unlisten()
          resolve()
        })
      }),
    openCallsPeak: () => calls.peak,
    readCount: () => calls.reads,
    streamReadCount: () => calls.streamReads,
    kill,
    restart: async () => {
      server = await listen(state, calls, `${host}:${port}`, credentials)
    },
    stop: () => {
      kill()
      storage.close()
    },
  }
}

type Calls = { open: number; peak: number; reads: number; streamReads: number }
/** Enough of a call to know when it is over. */
type Ending = { on(event: 'close' | 'cancelled', listener: () => void): unknown }

const listen = async (state: ServerState, calls: Calls, wanted: string, credentials: ServerCredentials) => {
  const grpc = new Server({
    'grpc.max_concurrent_streams': openCallsMax,
    'grpc.max_receive_message_length': messageBytesMax,
  })
  const counted = (call: Ending): void => {
    calls.open++
    calls.peak = Math.max(calls.peak, calls.open)
    let over = false
    const end = (): void => {
      if (!over) calls.open--
      over = true
    }
    call.on('close', end)
    call.on('cancelled', end)
  }
  const service: IStreamsServer = {
    read: (call) => {
      counted(call)
      calls.reads++
      if (call.request.getOptions()?.hasStream() === true) calls.streamReads++
      void read(state, call)
    },
    append: (call, done) => {
      append(state, call, done)
    },
    batchAppend: (call) => {
      counted(call)
      batchAppend(state, call)
    },
    delete: softDelete(state),
    tombstone: tombstone(state),
  }
  grpc.addService(streamsService.StreamsService, service)
  grpc.addService(featuresService.ServerFeaturesService, { getSupportedMethods: supportedMethods(state) })
  const port = await new Promise<number>((resolve, reject) => {
    grpc.bindAsync(wanted, credentials, (error, bound) => {
      if (error === null) resolve(bound)
      else reject(error)
    })
  })
  return { grpc, port }
}

const softDelete =
  ({ storage }: ServerState): handleUnaryCall<DeleteReq, DeleteResp> =>
  ({ request }, done) => {
    storage.softDelete(nameOf(request.getOptions()?.getStreamIdentifier()))
    done(null, new streams.DeleteResp())
  }

const tombstone =
  ({ storage }: ServerState): handleUnaryCall<TombstoneReq, TombstoneResp> =>
  ({ request }, done) => {
    storage.tombstone(nameOf(request.getOptions()?.getStreamIdentifier()))
    done(null, new streams.TombstoneResp())
  }

const supportedMethods =
  (state: ServerState): handleUnaryCall<Empty, SupportedMethods> =>
  async (call, done) => {
    await state.gate.passed()
    await state.lateness.pass()
    if (state.faults.denied === 'unknown') {
      done(unknownUser())
      return
    }
    const headers = new Metadata()
    headers.set('date', new Date(state.now()).toUTCString())
    call.sendMetadata(headers)
    const methods = ['read', 'append', 'batchappend', 'delete', 'tombstone'].map((name) =>
      new features.SupportedMethod().setServiceName('event_store.client.streams.streams').setMethodName(name),
    )
    done(null, new features.SupportedMethods().setEventStoreServerVersion(state.faults.version).setMethodsList(methods))
  }
