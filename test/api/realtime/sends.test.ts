/** Sends on a websocket: begun in order, answered by id, and reading pauses while too many are under way. */
import { expect } from 'chai'
import { frameWriter } from '#src/api/realtime/frameWriter.js'
import { makeSends, sendsMax } from '#src/api/realtime/sends.js'
import { makeSpeech } from '#src/api/realtime/speech.js'
import type { SendMessage, Sent } from '#src/api/groups/messages.js'
import { makeRateLimiter } from '#src/api/http/rateLimits.js'
import { rateDefaults } from '#src/limits/limits.js'
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
  const sending = ({ sendMessage, known = true, burst = 1_000 }: Given) => {
    const wire = makeWire()
    const pauses: boolean[] = []
    const bugs: unknown[] = []
    const writer = frameWriter(wire.connection)
    const speech = makeSpeech(writer, { requestId: 'r1', unsentBytesMax: Infinity, tooSlow: () => undefined })
    const rateLimiter = makeRateLimiter({ ...rateDefaults, sendsPerClient: { burst, everyMs: 60_000 } }, clock)
    const send = makeSends(
      { sendMessage, rateLimiter, clock, logId: 'log1' },
      {
        requestId: 'r1',
        speech,
        client: () => (known ? by : undefined),
        pause: (paused) => void pauses.push(paused),
        failed: (error) => void bugs.push(error),
      },
    )
    return { send, pauses, bugs, frames: wire.frames }
  }
  type Given = { readonly sendMessage: SendMessage; readonly known?: boolean; readonly burst?: number }
  const accepted: SendMessage = () => Promise.resolve({ position: toPosition(9), repeated: false })
  const codes = (frames: readonly { readonly [field: string]: unknown }[]) =>
    frames.map((frame) => [frame['id'], (frame['problem'] as { code?: string } | undefined)?.code ?? frame['position']])

  it('are commands of their client under the id that it gave', async () => {
    const asked: unknown[] = []
    const { send, frames } = sending({
      sendMessage: (...given) => {
        asked.push(given)
        return accepted(...given)
      },
    })
    send({ id: 'k1', group, message })
    await turn()
    expect(asked).to.deep.equal([[by, group, message, { id: commandId(by.client, 'k1'), at: 5_000 }]])
    expect(frames()).to.deep.equal([{ type: 'accepted', id: 'k1', position: 'log1.9' }])
  })

  it('are refused by id: without a client, above the rate, as the group refuses, and while the store is away', async () => {
    const nobody = sending({ sendMessage: accepted, known: false })
    nobody.send({ id: 'k1', group, message })
    const fast = sending({ sendMessage: accepted, burst: 1 })
    for (const id of ['k1', 'k2']) fast.send({ id, group, message })
    const stale = sending({ sendMessage: () => Promise.resolve(reject({ code: 'epoch-too-old', currentEpoch: '9' })) })
    stale.send({ id: 'k1', group, message })
    const away = sending({ sendMessage: () => Promise.reject(new StoreUnavailable('away')) })
    away.send({ id: 'k1', group, message })
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

  it('do not hide a bug', async () => {
    const { send, bugs, frames } = sending({ sendMessage: () => Promise.reject(new Error('a bug')) })
    send({ id: 'k1', group, message })
    await turn()
    expect([bugs.map(String), frames()]).to.deep.equal([['Error: a bug'], []])
  })

  it('are begun without waiting for each other, and pause the reading while too many are under way', async () => {
    const ends: ((sent: Sent | Rejected) => void)[] = []
    const { send, pauses, frames } = sending({ sendMessage: () => new Promise((resolve) => ends.push(resolve)) })
    for (let nth = 1; nth < sendsMax; nth++) send({ id: `k${nth}`, group, message })
    expect([ends.length, pauses]).to.deep.equal([sendsMax - 1, []])
    send({ id: 'last', group, message })
    expect(pauses).to.deep.equal([true])
    ends[0]?.({ position: toPosition(1), repeated: false })
    await turn()
    expect(pauses).to.deep.equal([true, false])
    expect(frames()).to.deep.equal([{ type: 'accepted', id: 'k1', position: 'log1.1' }])
  })
})
