/** EventStoreDB keeps the contract of the log: on the test server always, on a real one when EVENTSTORE_URL names it. */
import { openEventStoreDB } from '#src/adapters/eventStoreDB/eventStore.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { quietLogger } from '../adapters/eventStoreDB/quietLogger.js'
import { startTestServer, type TestServer } from '../adapters/eventStoreDB/server/server.js'
import { eventStoreContract, type OpenedEventStore } from '../ports/eventStore.contract.js'

const capabilities = { anyRetriesForever: false, headRetries: false }

/** Nothing here is about patience, and a busy machine needs more of it than a server has. */
const timeouts = { callMs: 40_000, totalMs: 50_000 }

const openAt = (url: string): OpenedEventStore => {
  const open = () => openEventStoreDB({ url, logger: quietLogger(), clock: systemClock, timeouts })
  const opened = [open()]
  const close = async () => {
    await Promise.all(opened.map((store) => store.close()))
  }
  const reopen = async () => {
    await close()
    opened.push(open())
    return opened.at(-1)!
  }
  return { store: opened[0]!, reopen, close }
}

describe('on the test server', () => {
  let server: TestServer
  before(async () => {
    server = await startTestServer()
  })
  after(() => {
    server.stop()
  })
  eventStoreContract('EventStoreDB', () => Promise.resolve(openAt(server.url)), capabilities)
})

const realServer = process.env['EVENTSTORE_URL']
describe('on the server at EVENTSTORE_URL', () => {
  if (realServer === undefined) it('is skipped: EVENTSTORE_URL is not set')
  else eventStoreContract('EventStoreDB', () => Promise.resolve(openAt(realServer)), capabilities)
})
