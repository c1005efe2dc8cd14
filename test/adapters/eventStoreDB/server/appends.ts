/** The test server's appends: the BatchAppend stream, and the unary call that clients with credentials per call use. */
import type { ServerDuplexStream, ServerReadableStream, sendUnaryData } from '@grpc/grpc-js'
import shared from '@eventstore/db-client/generated/shared_pb.js'
import codes from '@eventstore/db-client/generated/code_pb.js'
import type { Code } from '@eventstore/db-client/generated/code_pb.js'
import rpc from '@eventstore/db-client/generated/status_pb.js'
import type { Status } from '@eventstore/db-client/generated/status_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import type {
  AppendReq,
  AppendResp,
  BatchAppendReq,
  BatchAppendResp,
} from '@eventstore/db-client/generated/streams_pb.js'
import anyPb from 'google-protobuf/google/protobuf/any_pb.js'
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js'
import type { AppendFault, Faults } from './faults.js'
import { brokenConnection, denied, notReady, streamDeleted } from './errors.js'
import type { Proposed } from './record.js'
import type { ServerState } from './server.js'
import { nameOf } from './streamName.js'
import { appendDataBytesMax, type AppendResult, type Expectation } from './storage.js'

const code = codes.Code

type BatchCall = ServerDuplexStream<BatchAppendReq, BatchAppendResp> & { isBreaking?: boolean }
type Collected = { readonly options: BatchAppendReq.Options; readonly events: Proposed[] }

export const batchAppend = (state: ServerState, call: BatchCall): void => {
  const collected = new Map<string, Collected>()
  let turn = Promise.resolve()
  call.on('data', (request: BatchAppendReq) => {
    const id = request.getCorrelationId()?.getString() ?? ''
    const options = request.getOptions()
    if (options !== undefined) collected.set(id, { options, events: [] })
    const whole = collected.get(id)
    if (whole === undefined) return
    whole.events.push(...request.getProposedMessagesList().map(toProposed))
    if (!request.getIsFinal()) return
    collected.delete(id)
    // Answers keep the order of the requests, behind a shut gate too.
    turn = answerInTurn(state, call, { id, ...whole }, turn)
  })
  call.on('end', () => {
    call.end()
  })
}

type Whole = Collected & { readonly id: string }

/** Writes as soon as those before it are written, and answers later. */
const answerInTurn = async (
  state: ServerState,
  call: BatchCall,
  whole: Whole,
  before: Promise<void>,
): Promise<void> => {
  const late = state.lateness.pass()
  await before
  await state.gate.passed()
  // What was sent behind the break of a connection never arrives.
  if (call.isBreaking === true) return
  const answer = write(state, call, whole)
  await late
  await state.gate.passed()
  if (!call.cancelled) answer()
}

/** Does what is asked; answers how it is answered. */
const write = (state: ServerState, call: BatchCall, { id, options, events }: Whole): (() => void) => {
  const { faults } = state
  if (faults.noQuorum) return () => undefined
  const fault = faults.appends.shift()
  if (fault === 'neverArrives') return () => undefined
  const stream = nameOf(options.getStreamIdentifier())
  const response =
    refusedEarly(state, options, fault) ??
    conclude(options, state.storage.append(stream, events, expectationOf(options)), faults)
  if (fault === 'timeOut') response.setError(timeout())
  response.setCorrelationId(new shared.UUID().setString(id))
  response.setStreamIdentifier(options.getStreamIdentifier())
  const breaks = fault === 'breakBefore' || fault === 'breakAfter'
  if (breaks) call.isBreaking = true
  return () => {
    if (breaks) call.emit('error', brokenConnection())
    else if (fault !== 'loseAnswer') call.write(response)
  }
}

/** What is answered before the log is touched. */
const refusedEarly = (
  { faults, now }: ServerState,
  options: BatchAppendReq.Options,
  fault: AppendFault | undefined,
): BatchAppendResp | undefined => {
  const refuse = (status: Status) => new streams.BatchAppendResp().setError(status)
  const deadline = options.getDeadline()?.toDate().getTime() ?? Infinity
  if (faults.notReady) return refuse(refusal(code.UNAVAILABLE, 'Server Is Not Ready'))
  if (faults.denied !== false || isForAdministrators(nameOf(options.getStreamIdentifier())))
    return refuse(refusal(code.PERMISSION_DENIED, 'Access Denied', 'AccessDenied', new shared.AccessDenied()))
  if (fault === 'busy' || fault === 'breakBefore') return refuse(refusal(code.UNAVAILABLE, 'Server Is Busy'))
  if (fault === 'tooLarge') return tooLarge()
  return deadline <= now() ? refuse(timeout()) : undefined
}

/** The store's own streams; of the metadata of a stream `$$s`, whoever may write `s` is the writer. */
const isForAdministrators = (stream: string): boolean => /^(?:\$\$)?\$(?!\$)/.test(stream)

const conclude = (options: BatchAppendReq.Options, result: AppendResult, faults: Faults): BatchAppendResp => {
  const response = new streams.BatchAppendResp()
  switch (result.status) {
    case 'written':
      return response.setSuccess(toSuccess(result, faults.repeatsHavePosition))
    case 'wrong': {
      const details = toWrongVersion(result.current)
      return response.setError(
        refusal(code.FAILED_PRECONDITION, 'WrongExpectedVersion', 'WrongExpectedVersion', details),
      )
    }
    case 'deleted': {
      const details = new shared.StreamDeleted().setStreamIdentifier(options.getStreamIdentifier())
      return response.setError(refusal(code.FAILED_PRECONDITION, 'StreamDeleted', 'StreamDeleted', details))
    }
    case 'tooLarge':
      return tooLarge()
  }
}

const tooLarge = (): BatchAppendResp => {
  const details = new shared.MaximumAppendSizeExceeded().setMaxappendsize(appendDataBytesMax)
  const status = refusal(code.INVALID_ARGUMENT, 'Maximum append size exceeded', 'MaximumAppendSizeExceeded', details)
  return new streams.BatchAppendResp().setError(status)
}

const timeout = (): Status => refusal(code.DEADLINE_EXCEEDED, 'Timeout', 'Timeout', new shared.Timeout())

/** What is not a result of the append comes with an empty message for details. */
const refusal = (
  wanted: Code,
  message: string,
  type = '',
  details: { serializeBinary(): Uint8Array } = new shared.Empty(),
): Status => {
  const packed = new anyPb.Any()
  packed.pack(details.serializeBinary(), type === '' ? 'google.protobuf.Empty' : `event_store.client.${type}`)
  return new rpc.Status().setCode(wanted).setMessage(message).setDetails(packed)
}

const toSuccess = (
  { revision, position, repeated }: Extract<AppendResult, { status: 'written' }>,
  repeatsHavePosition: boolean,
): BatchAppendResp.Success => {
  const success = new streams.BatchAppendResp.Success().setCurrentRevision(String(revision))
  if (repeated && !repeatsHavePosition) return success.setNoPosition(new emptyPb.Empty())
  const at = String(position)
  return success.setPosition(new shared.AllStreamPosition().setCommitPosition(at).setPreparePosition(at))
}

const toWrongVersion = (current: number | undefined) => {
  const wrong = new shared.WrongExpectedVersion()
  return current === undefined
    ? wrong.setCurrentNoStream(new emptyPb.Empty())
    : wrong.setCurrentStreamRevision(String(current))
}

type Message = BatchAppendReq.ProposedMessage | AppendReq.ProposedMessage
const toProposed = (message: Message): Proposed => ({
  id: message.getId()?.getString() ?? '',
  type: message.getMetadataMap().get('type') ?? '',
  contentType: message.getMetadataMap().get('content-type') ?? '',
  data: message.getData_asU8(),
  meta: message.getCustomMetadata_asU8(),
})

const expectationOf = (options: BatchAppendReq.Options | AppendReq.Options): Expectation => {
  if (options.hasAny()) return 'any'
  if (options.hasNoStream()) return 'none'
  if (options.hasStreamExists()) return 'exists'
  return Number('getRevision' in options ? options.getRevision() : options.getStreamPosition())
}

export const append = (
  state: ServerState,
  call: ServerReadableStream<AppendReq, AppendResp>,
  done: sendUnaryData<AppendResp>,
): void => {
  const events: Proposed[] = []
  let options: AppendReq.Options | undefined
  call.on('data', (request: AppendReq) => {
    options ??= request.getOptions()
    const message = request.getProposedMessage()
    if (message !== undefined) events.push(toProposed(message))
  })
  call.on('end', () => {
    if (state.faults.notReady) done(notReady())
    else if (state.faults.denied !== false) done(denied())
    else if (options !== undefined) finish(state, options, events, done)
  })
}

const finish = (
  state: ServerState,
  options: AppendReq.Options,
  events: readonly Proposed[],
  done: sendUnaryData<AppendResp>,
): void => {
  const stream = nameOf(options.getStreamIdentifier())
  const result = state.storage.append(stream, events, expectationOf(options))
  const response = new streams.AppendResp()
  if (result.status === 'written') {
    const at = String(result.position)
    const position = new streams.AppendResp.Position().setCommitPosition(at).setPreparePosition(at)
    response.setSuccess(
      new streams.AppendResp.Success().setCurrentRevision(String(result.revision)).setPosition(position),
    )
  } else if (result.status === 'wrong') {
    const wrong = new streams.AppendResp.WrongExpectedVersion()
    if (result.current === undefined) wrong.setCurrentNoStream(new shared.Empty())
    else wrong.setCurrentRevision(String(result.current))
    response.setWrongExpectedVersion(wrong)
  } else {
    done(streamDeleted(stream))
    return
  }
  done(null, response)
}
