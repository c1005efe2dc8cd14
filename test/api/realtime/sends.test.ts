/** Sends on a websocket: begun in order, answered by id, and what comes behind too many waits for room. */
import { expect } from 'chai'
import { frameWriter } from '#src/api/realtime/frameWriter.js'
import { makeSends, sendsBytesMax, sendsMax } from '#src/api/realtime/sends.js'
import { makeSpeech } from '#src/api/realtime/speech.js'
import type { SendMessage, Sent } from '#src/api/groups/messages.js'
import { makeRateLimiter } from '#src/api/http/budgets/rateLimits.js'
import { ratesWith } from '#src/limits/limits.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import { toPosition } from '#src/ports/position.js'
import { commandId } from '#src/streams/commandId.js'
import { reject } from '#src/streams/rejection.js'
import type { Rejected } from '#src/streams/rejection.js'
import { clientNumber, groupNumber, userNumber } from '../../projections/queues/world.js'
import { makeWire, turn } from './wire.js'

const by = { kind: 'client', user: userNumber(1), client: clientNumber(1) } as const
const [group, message] = [groupNumber(1), new Uint8Array([7])]
const clock = { now: () => 5_000, sleep: () => Promise.resolve() }

describe('sends on a websocket', () => {
  const sending = ({ sendMessage, known = true, burst = 1_000, inLog = false }: Given) => {
    const wire = makeWire()
    const bugs: unknown[] = []
    const writer = frameWriter(wire.connection)
    const speech = makeSpeech(writer, { requestId: 'r1', unsentBytesMax: Infinity, tooSlow: () => undefined })
    const rateLimiter = makeRateLimiter(ratesWith({ sendsPerClient: { burst, everyMs: 60_000 } }), clock)
    const send = makeSends(
      { sendMessage, knowsSend: () => Promise.resolve(inLog), rateLimiter, clock, logId: 'log1' },
      {
        requestId: 'r1',
        speech,
        client: () => (known ? by : undefined),
        failed: (error) => void bugs.push(error),
      },
    )
    return { send, bugs, frames: wire.frames }
  }
  type Given = {
    readonly sendMessage: SendMessage
    readonly known?: boolean
    readonly burst?: number
    readonly inLog?: boolean
  }
  const accepted: SendMessage = () => Promise.resolve({ position: toPosition(9), at: 5, repeated: false })
  const codes = (frames: readonly { readonly [field: string]: unknown }[]) =>
    frames.map((frame) => [frame['id'], (frame['problem'] as { code?: string } | undefined)?.code ?? frame['position']])

  it('are commands of their client under the id that it gave', async () => {
    const asked: unknown[] = []
    const { send, frames } = sending({
      sendMessage: (...given) => {
        asked.push(given.slice(0, 3))
        return accepted(...given)
      },
    })
    void send({ id: 'k1', group, message })
    await turn()
    expect(asked).to.deep.equal([[by, { group, message }, { id: commandId(by.client, 'k1'), at: 5_000 }]])
    expect(frames()).to.deep.equal([{ type: 'accepted', id: 'k1', position: 'log1.9', serverTime: 5 }])
  })

  it('say which history their epoch stands on, where they do', async () => {
    const asked: unknown[] = []
    const { send } = sending({
      sendMessage: (...given) => {
        asked.push(given[1])
        return accepted(...given)
      },
    })
    const confirmedTranscriptHash = Uint8Array.of(1, 2)
    void send({ id: 'k1', group, message, confirmedTranscriptHash })
    await turn()
    expect(asked).to.deep.equal([{ group, message, confirmedTranscriptHash }])
  })

  it('are refused by id: without a client, above the rate, as the group refuses, and while the store is away', async () => {
    const nobody = sending({ sendMessage: accepted, known: false })
    void nobody.send({ id: 'k1', group, message })
    const fast = sending({ sendMessage: accepted, burst: 1 })
    for (const id of ['k1', 'k2']) void fast.send({ id, group, message })
    const stale = sending({ sendMessage: () => Promise.resolve(reject({ code: 'epoch-too-old', currentEpoch: '9' })) })
    void stale.send({ id: 'k1', group, message })
    const away = sending({ sendMessage: () => Promise.reject(new StoreUnavailable('away')) })
    void away.send({ id: 'k1', group, message })
    await turn()
    expect(codes(nobody.frames())).to.deep.equal([['k1', 'not-authenticated']])
    expect(codes(fast.frames())).to.have.deep.members([
      ['k1', 'log1.9'],
      ['k2', 'rate-limited'],
    ])
    expect(codes(stale.frames())).to.deep.equal([['k1', 'epoch-too-old']])
    expect(codes(away.frames())).to.deep.equal([['k1', 'store-unavailable']])
    expect(away.bugs).to.deep.equal([])
  })

  it('are taken as repeats where the log has them, which they pay as such', async () => {
    let repeated = false
    const { send, frames } = sending({
      sendMessage: () => Promise.resolve({ position: toPosition(9), at: 5, repeated }),
      burst: 1,
      inLog: true,
    })
    repeated = true
    for (const id of ['k1', 'k2', 'k3']) void send({ id, group, message })
    await turn()
    expect(codes(frames())).to.have.deep.members(['k1', 'k2', 'k3'].map((id) => [id, 'log1.9']))
    repeated = false
    void send({ id: 'k4', group, message })
    await turn()
    expect(codes(frames()).at(-1)).to.deep.equal(['k4', 'log1.9'])
  })

  it('do not hide a bug', async () => {
    const { send, bugs, frames } = sending({ sendMessage: () => Promise.reject(new Error('a bug')) })
    void send({ id: 'k1', group, message })
    await turn()
    expect([bugs.map(String), frames()]).to.deep.equal([['Error: a bug'], []])
  })

  const held = () => {
    const ends: ((sent: Sent | Rejected) => void)[] = []
    const sent = sending({ sendMessage: () => new Promise((resolve) => ends.push(resolve)) })
    const endOne = (): void => ends.shift()?.({ position: toPosition(1), at: 5, repeated: false })
    return { ...sent, ends, endOne }
  }

  it('are begun without waiting for each other, until as many are under way as may', async () => {
    const { send, ends, endOne, frames } = held()
    for (let nth = 1; nth < sendsMax; nth++) await send({ id: `k${nth}`, group, message })
    let room = false
    const full = send({ id: 'last', group, message }).then(() => (room = true))
    await turn()
    expect([ends.length, room]).to.deep.equal([sendsMax, false])
    endOne()
    await full
    await turn()
    expect(frames()).to.deep.equal([{ type: 'accepted', id: 'k1', position: 'log1.1', serverTime: 5 }])
  })

  it('wait for room while messages of as many bytes are under way as may', async () => {
    const { send, endOne } = held()
    const half = new Uint8Array(sendsBytesMax / 2)
    await send({ id: 'k1', group, message: half })
    let room = false
    const full = send({ id: 'k2', group, message: half }).then(() => (room = true))
    await turn()
    expect(room).to.equal(false)
    endOne()
    await full
  })
})
