/** The test server's reads of one stream and of the whole log. */
import type { ServerWritableStream } from '@grpc/grpc-js'
import shared from '@eventstore/db-client/generated/shared_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js'
import { denied, invalidPosition, notReady, streamDeleted, unknownUser } from './errors.js'
import type { Record } from './record.js'
import type { ServerState } from './server.js'
import { nameOf } from './streamName.js'
import { subscribe } from './subscriptions.js'

export type ReadCall = ServerWritableStream<ReadReq, ReadResp>

export const read = async (state: ServerState, call: ReadCall): Promise<void> => {
  await state.gate.passed()
  await state.lateness.pass()
  const options = call.request.getOptions()
  if (options === undefined || call.cancelled) return
  if (state.faults.notReady) call.emit('error', notReady())
  else if (state.faults.denied !== false)
    call.emit('error', state.faults.denied === 'unknown' ? unknownUser() : denied())
  else if (options.hasSubscription()) await subscribe(state, call, options)
  else if (options.hasStream()) await readStream(state, call, options)
  else await readAll(state, call, options)
}

const readStream = async (state: ServerState, call: ReadCall, options: ReadReq.Options): Promise<void> => {
  const wanted = options.getStream()
  const identifier = wanted?.getStreamIdentifier()
  const name = nameOf(identifier)
  const found = state.storage.stream(name)
  if (found?.tombstoned === true) {
    call.emit('error', streamDeleted(name))
    return
  }
  if (wanted === undefined || found === undefined || found.positions.length === 0 || found.softDeleted) {
    call.write(
      new streams.ReadResp().setStreamNotFound(new streams.ReadResp.StreamNotFound().setStreamIdentifier(identifier)),
    )
    call.end()
    return
  }
  const lastRevision = found.positions.length - 1
  const start = wanted.hasRevision() ? Number(wanted.getRevision()) : wanted.hasStart() ? 0 : lastRevision
  const visible = (revision: number): Record | undefined =>
    revision < found.truncateBefore ? undefined : found.records[revision]
  const forwards = options.getReadDirection() === streams.ReadReq.Options.ReadDirection.FORWARDS
  const first = forwards ? Math.max(start, found.truncateBefore) : Math.min(start, lastRevision)
  await send(
    state,
    call,
    options,
    take(forwards ? countUp(first, lastRevision) : countDown(first), visible, countOf(options)),
  )
}

const readAll = async (state: ServerState, call: ReadCall, options: ReadReq.Options): Promise<void> => {
  const { storage } = state
  const all = options.getAll()
  const last = storage.positions.length - 1
  const forwards = options.getReadDirection() === streams.ReadReq.Options.ReadDirection.FORWARDS
  let start = all?.hasStart() === true ? 0 : last
  if (all?.hasPosition() === true) {
    const position = Number(all.getPosition()?.getCommitPosition())
    const index = storage.indexAt(position)
    if (storage.positions[index] !== position) {
      call.emit('error', invalidPosition())
      return
    }
    // Backwards the position itself is left out.
    start = forwards ? index : index - 1
  }
  await send(
    state,
    call,
    options,
    take(forwards ? countUp(start, last) : countDown(start), (index) => storage.log[index], countOf(options)),
  )
}

/** A count of 0 hangs the read, and keeps the real server spinning. */
const send = async (
  state: ServerState,
  call: ReadCall,
  options: ReadReq.Options,
  records: readonly Record[],
): Promise<void> => {
  if (countOf(options) === 0) return
  // What was read is on its way for a while: others read and write meanwhile.
  await state.lateness.pass()
  await state.gate.passed()
  if (call.cancelled) return
  for (const record of records) call.write(toResponse(record))
  call.end()
}

const countOf = (options: ReadReq.Options): number => Number(options.getCount())

const take = (
  places: Iterable<number>,
  at: (place: number) => Record | undefined,
  count: number,
): readonly Record[] => {
  const records: Record[] = []
  for (const place of places) {
    if (records.length >= count) break
    const record = at(place)
    if (record !== undefined) records.push(record)
  }
  return records
}

function* countUp(first: number, last: number): Generator<number> {
  for (let n = first; n <= last; n++) yield n
}
function* countDown(first: number): Generator<number> {
  for (let n = first; n >= 0; n--) yield n
}

const ticksPerMs = 10_000n

export const toResponse = (record: Record): ReadResp => {
  const position = String(record.position)
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(new shared.UUID().setString(record.id))
    .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(record.stream)))
    .setStreamRevision(String(record.revision))
    .setCommitPosition(position)
    .setPreparePosition(position)
    .setData(record.data)
    .setCustomMetadata(record.meta)
  recorded.getMetadataMap().set('type', record.type)
  recorded.getMetadataMap().set('content-type', record.contentType)
  recorded.getMetadataMap().set('created', String(BigInt(record.created) * ticksPerMs))
  const event = new streams.ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(position)
  return new streams.ReadResp().setEvent(event)
}
