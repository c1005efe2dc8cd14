/** All open sockets: they are looked after, a client's are cut off, and everyone is told when the server stops. */
import { expect } from 'chai'
import { jsonLog } from '#src/adapters/system/logger.js'
import { keepSockets } from '#src/api/realtime/sockets.js'
import type { Socket } from '#src/api/realtime/socket.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import { clientNumber } from '../../projections/queues/world.js'

const client = clientNumber(1)

describe('the sockets that are open', () => {
  const lines: string[] = []
  const over = new AbortController()
  const clock = {
    now: () => 0,
    sleep: (_ms: number, signal: AbortSignal) =>
      over.signal.aborted
        ? Promise.resolve()
        : new Promise<void>((resolve) => {
            for (const end of [signal, over.signal])
              end.addEventListener('abort', () => {
                resolve()
              })
          }),
  }
  const sockets = () => keepSockets({ clock, logger: jsonLog('warn', (line) => void lines.push(line), clock.now) })
  type Told = Socket & { readonly told: (number | string)[]; readonly end: () => void }
  const socket = (of: Partial<Socket> & { readonly speaks?: boolean } = {}): Told => {
    const told: (number | string)[] = []
    let end: () => void = () => undefined
    const closed = new Promise<void>((resolve) => (end = resolve))
    return {
      session: { isKnown: () => true, speaksFor: (one) => of.speaks === true && one === client },
      close: (code) => void told.push(code),
      terminate: () => void told.push('terminated'),
      lookAfter: of.lookAfter ?? (() => Promise.resolve(void told.push('looked after'))),
      closed,
      told,
      end: () => {
        end()
      },
    }
  }

  it('are looked after, also when the store is away', async () => {
    const kept = sockets()
    const after = socket()
    kept.add(socket({ lookAfter: () => Promise.reject(new StoreUnavailable('away')) }))
    kept.add(after)
    await kept.lookAfter()
    expect(after.told).to.deep.equal(['looked after'])
    expect(lines.join('')).to.include('the store is away')
  })

  it('are cut off with their client', () => {
    const kept = sockets()
    const [theirs, other] = [socket({ speaks: true }), socket()]
    for (const one of [theirs, other]) kept.add(one)
    kept.cutOff(clientNumber(2))
    kept.cutOff(client)
    expect([theirs.told, other.told]).to.deep.equal([[4401], []])
  })

  it('are all told that the server goes, and ended when they do not answer', async () => {
    const kept = sockets()
    const [answers, stays] = [socket(), socket()]
    for (const one of [answers, stays]) kept.add(one)
    expect(kept.count()).to.equal(2)
    const gone = kept.closeAll()
    expect([answers.told, stays.told]).to.deep.equal([[1001], [1001]])
    answers.end()
    kept.remove(answers)
    over.abort()
    await gone
    expect([answers.told, stays.told]).to.deep.equal([[1001], [1001, 'terminated']])
  })

  it('are told too when they come while others are still waited for', async () => {
    const kept = sockets()
    const [first, late] = [socket(), socket()]
    kept.add(first)
    const gone = kept.closeAll()
    kept.add(late)
    expect(late.told).to.deep.equal([1001])
    for (const one of [first, late]) kept.remove(one)
    await gone
    expect([first.told, late.told]).to.deep.equal([[1001], [1001]])
  })
})
