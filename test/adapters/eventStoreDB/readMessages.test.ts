/** Reads as bytes: what is asked, read by the client's own messages, and its answers, as the client's messages write them. */
import shared from '@eventstore/db-client/generated/shared_pb.js'
import streams from '@eventstore/db-client/generated/streams_pb.js'
import { expect } from 'chai'
import { toReadAnswer } from '#src/adapters/eventStoreDB/reading/readAnswer.js'
import { toReadRequest } from '#src/adapters/eventStoreDB/reading/readRequest.js'
import type { ReadRequest } from '#src/adapters/eventStoreDB/reading/readRequest.js'
import { toStoredEvent } from '#src/adapters/eventStoreDB/reading/recordedEvent.js'
import { origin, toPosition } from '#src/ports/position.js'
import { toResponse } from './server/reads.js'
import type { Record } from './server/record.js'

const asked = (request: ReadRequest) => streams.ReadReq.deserializeBinary(toReadRequest(request)).getOptions()

describe('a read on its way to EventStoreDB', () => {
  it('names the stream, where it begins, and how much there may be of it', () => {
    for (const [from, direction] of [
      [0, 0],
      [300, 0],
      [Number.MAX_SAFE_INTEGER, 0],
      ['end', 1],
    ] as const) {
      const options = asked({ stream: 'group-ä', from, limit: 500 })
      const stream = options?.getStream()
      const name = Buffer.from(stream?.getStreamIdentifier()?.getStreamName_asU8() ?? '').toString()
      expect([name, options?.getReadDirection(), options?.getCount()]).to.deep.equal(['group-ä', direction, '500'])
      expect(stream?.hasEnd()).to.equal(from === 'end')
      if (from !== 'end') expect([stream?.hasRevision(), stream?.getRevision()]).to.deep.equal([true, String(from)])
      expect([options?.hasNoFilter(), options?.hasSubscription(), options?.hasAll()]).to.deep.equal([
        true,
        false,
        false,
      ])
      expect(options?.getUuidOption()?.hasString()).to.equal(true)
    }
  })

  it('says from which place of the log on, or how far back', () => {
    const at = toPosition(2 ** 40)
    const places: readonly [ReadRequest, string, number][] = [
      [{ from: origin, limit: 7 }, 'start', 0],
      [{ from: at, limit: 7 }, String(at), 0],
      [{ before: at, limit: 7 }, String(at), 1],
      [{ before: 'end', limit: 7 }, 'end', 1],
    ]
    for (const [request, place, direction] of places) {
      const all = asked(request)?.getAll()
      const position = all?.getPosition()
      const said = all?.hasStart() === true ? 'start' : all?.hasEnd() === true ? 'end' : position?.getCommitPosition()
      expect([said, asked(request)?.getReadDirection(), asked(request)?.getCount()]).to.deep.equal([
        place,
        direction,
        '7',
      ])
      if (position !== undefined) expect(position.getPreparePosition()).to.equal(place)
    }
  })

  it('follows what is no event of the store itself', () => {
    const options = asked({ behind: toPosition(9), checkpointInterval: 32 })
    const filter = options?.getFilter()
    expect([
      options?.hasSubscription(),
      options?.hasNoFilter(),
      options?.getAll()?.getPosition()?.getCommitPosition(),
    ]).to.deep.equal([true, false, '9'])
    expect(filter?.toObject()).to.deep.include({ checkpointintervalmultiplier: 32, max: 0, count: {} })
    expect(filter?.getEventType()?.getRegex()).to.equal('^[^$].*')
    expect(asked({ behind: origin, checkpointInterval: 1 })?.getAll()?.hasStart()).to.equal(true)
  })
})

const record: Record = {
  position: 2 ** 41,
  stream: 'messages-ä',
  revision: 70_000,
  id: '2b671a64-40d5-491e-99b0-da01ff1f3341',
  type: 'MessageAccepted',
  contentType: 'application/octet-stream',
  created: 1_700_000_000_123,
  data: Buffer.from(`{"text":"ä😀${'x'.repeat(70_000)}"}`),
  meta: Buffer.from('{"v":1,"at":5,"command":"c","bodyHash":"b"}'),
}
const answered = (one: Record) => {
  const answer = toReadAnswer(Buffer.from(toResponse(one).serializeBinary()))
  if (typeof answer !== 'object') throw new Error(`no event: ${answer}`)
  return answer.event
}

describe('an answer of EventStoreDB to a read', () => {
  it('is the event as it was appended, at its place', () => {
    const { stream, revision, id, type, position } = record
    expect(toStoredEvent(answered(record))).to.deep.equal({
      ...{ stream, revision, id, type, position },
      data: JSON.parse(Buffer.from(record.data).toString()) as object,
      meta: { v: 1, at: 5, command: 'c', bodyHash: 'b' },
    })
  })

  it('is without payload, and of its time, where another application wrote it', () => {
    for (const [data, meta] of [
      ['no json', ''],
      ['', '[]'],
      ['null', '{"v":1}'],
    ]) {
      const stored = toStoredEvent(answered({ ...record, data: Buffer.from(data!), meta: Buffer.from(meta!) }))
      expect([stored.data, stored.meta]).to.deep.equal([null, { v: 1, at: 1_700_000_000_123, command: '' }])
    }
  })

  it('may be that there is no such stream, or none of what is asked', () => {
    const said = (answer: InstanceType<typeof streams.ReadResp>) => toReadAnswer(Buffer.from(answer.serializeBinary()))
    const response = () => new streams.ReadResp()
    expect(said(response().setStreamNotFound(new streams.ReadResp.StreamNotFound()))).to.equal('missing')
    expect(said(response().setConfirmation(new streams.ReadResp.SubscriptionConfirmation()))).to.equal('other')
    expect(said(response().setCaughtUp(new streams.ReadResp.CaughtUp()))).to.equal('other')
    expect(said(response().setLastAllStreamPosition(new shared.AllStreamPosition()))).to.equal('other')
    expect(said(response().setEvent(new streams.ReadResp.ReadEvent()))).to.equal('other')
  })

  it('that is cut is none', () => {
    const whole = Buffer.from(toResponse(record).serializeBinary())
    for (const length of [1, 10, 60, whole.length - 1])
      expect(() => toReadAnswer(whole.subarray(0, length))).to.throw(RangeError)
  })
})
