/** An EventStoreDB that is named by an IPv6 address, with all that its URL says; skipped aloud where this machine has no ::1. */
import { expect } from 'chai'
import { writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#src/adapters/system/clock.js'
import { openEventStoreDB } from '#src/adapters/eventStoreDB/eventStore.js'
import { origin } from '#src/ports/position.js'
import { temporaryDirectory } from '../temporaryDirectory.js'
import { appended, datas, newEvent } from './given.js'
import { quietLogger } from './quietLogger.js'
import { certify } from './server/certificate.js'
import { startTestServer } from './server/server.js'
import type { TestServer, TestServerOptions } from './server/server.js'

const hasLoopback = Object.values(networkInterfaces()).some((all = []) => all.some(({ address }) => address === '::1'))

describe('an EventStoreDB at an IPv6 address', () => {
  const folder = temporaryDirectory()
  const servers: TestServer[] = []
  before(function () {
    if (hasLoopback) return
    process.stderr.write('skipped: this machine has no ::1\n')
    this.skip()
  })
  after(() => {
    for (const server of servers) server.stop()
    folder.remove()
  })
  const start = async (options: TestServerOptions = {}): Promise<TestServer> => {
    const server = await startTestServer({ host: '[::1]', ...options })
    servers.push(server)
    return server
  }
  const open = (url: string) => openEventStoreDB({ url, logger: quietLogger(), clock: systemClock })

  /** Appended, followed and read again. */
  const serves = async (url: string): Promise<void> => {
    const store = open(url)
    expect(await store.check()).to.deep.equal([])
    const stream = 'client-ipv6'
    appended(await store.append(stream, [newEvent('here')], 'none'))
    expect(datas(await store.readStream(stream, { from: 0, limit: 10 }))).to.deep.equal(['here'])
    expect((await store.readAll({ after: origin, limit: 10 })).length).to.be.greaterThan(0)
    await store.close()
  }

  it('is used like one with a name', async () => {
    const { port } = await start()
    await serves(`esdb://[::1]:${port}?tls=false&keepAliveInterval=15000&keepAliveTimeout=15000&connectionName=it`)
  })

  it('is used over TLS, its certificate checked against the authority that the URL names', async () => {
    const tls = await certify('::1')
    const file = join(folder.path, 'authority.pem')
    writeFileSync(file, tls.certificate)
    const { port } = await start({ tls })
    await serves(`esdb://user:pass%3Aword@[::1]:${port}?tls=true&tlsCAFile=${file}`)
    const store = open(`esdb://user:secret@[::1]:${port}`)
    expect((await store.check()).join()).to.match(/^(?!.*secret).*\[::1\].*not of an authority known here/)
    await store.close()
  })

  it('is named when it is not there', async () => {
    const server = await start()
    server.kill()
    const store = open(`esdb://user:secret@[::1]:${server.port}?tls=false`)
    expect((await store.check()).join()).to.match(/^(?!.*secret)EventStoreDB at \[::1\]:\d+ is unreachable/)
    await store.close()
  })
})
