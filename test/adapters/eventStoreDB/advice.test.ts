/** What an operator is told to do about an EventStoreDB that cannot be used. */
import { expect } from 'chai'
import { writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { openEventStoreDB } from '#src/adapters/eventStoreDB/eventStore.js'
import { systemClock } from '#src/adapters/system/clock.js'
import { temporaryDirectory } from '../temporaryDirectory.js'
import { quietLogger } from './quietLogger.js'
import { certify } from './server/certificate.js'
import { startTestServer, type TestServer, type TestServerOptions } from './server/server.js'

describe('the advice about an EventStoreDB', () => {
  const folder = temporaryDirectory()
  const servers: TestServer[] = []
  after(() => {
    for (const server of servers) server.stop()
    folder.remove()
  })

  const start = async (options: TestServerOptions = {}): Promise<TestServer> => {
    const server = await startTestServer(options)
    servers.push(server)
    return server
  }
  const authorityFile = (certificate: string): string => {
    const path = join(folder.path, `${crypto.randomUUID()}.pem`)
    writeFileSync(path, certificate)
    return path
  }
  const complaint = async (port: number, query: string, scheme = 'esdb'): Promise<string> => {
    const url = `${scheme}://user:secret@127.0.0.1:${port}${query === '' ? '' : `?${query}`}`
    const store = openEventStoreDB({ url, logger: quietLogger(), clock: systemClock })
    const reasons = await store.check()
    await store.close()
    expect(reasons.join()).not.to.match(/secret|Resolution note|\d{4}-\d\d-\d\dT/)
    return reasons.join()
  }

  it('is none for one with TLS whose authority is named', async () => {
    const tls = await certify('127.0.0.1')
    const { port } = await start({ tls })
    expect(await complaint(port, `tls=true&tlsCAFile=${authorityFile(tls.certificate)}`)).to.equal('')
  })

  it('is to name the authority, where none or another one is named', async () => {
    const { port } = await start({ tls: await certify('127.0.0.1') })
    const other = authorityFile((await certify('127.0.0.1')).certificate)
    for (const query of ['tls=true', '', `tls=true&tlsCAFile=${other}`])
      expect(await complaint(port, query)).to.match(/certificate is not of an authority known here.*tlsCAFile/)
  })

  it('is to use the name of the certificate, and to renew it when it is over', async () => {
    const elsewhere = await certify('127.0.0.2')
    const { port } = await start({ tls: elsewhere })
    expect(await complaint(port, `tlsCAFile=${authorityFile(elsewhere.certificate)}`)).to.match(/for another name/)
    const old = await certify('127.0.0.1', -1)
    const late = await start({ tls: old })
    expect(await complaint(late.port, `tlsCAFile=${authorityFile(old.certificate)}`)).to.match(/expired.*renew/)
  })

  for (const scheme of ['esdb', 'esdb+discover'])
    it(`tells TLS against plain from plain against TLS (${scheme})`, async () => {
      const few = '&maxDiscoverAttempts=1'
      const plain = await start()
      expect(await complaint(plain.port, `tls=true${few}`, scheme)).to.match(/does not speak TLS.*tls=false/)
      const { port } = await start({ tls: await certify('127.0.0.1') })
      expect(await complaint(port, `tls=false${few}`, scheme)).to.match(/speaks TLS: say tls=true.*tlsCAFile/)
    })

  it('leaves open what it cannot know, of one that hangs up', async () => {
    const listener = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const { port } = listener.address() as AddressInfo
    for (const query of ['tls=true', 'tls=false']) expect(await complaint(port, query)).to.match(/not up yet/)
    listener.close()
  })

  it('is to mend the credentials, where the user or the password is wrong', async () => {
    const server = await start()
    server.faults.denied = 'unknown'
    expect(await complaint(server.port, 'tls=false')).to.match(/does not take the user and password of EVENTSTORE_URL/)
  })

  it('is to check certificates, which alone keeps the password from whoever answers', () => {
    for (const query of ['tls=true&tlsVerifyCert=false', 'tlsverifycert=FALSE', 'tls=false&tlsVerifyCert=false']) {
      const open = () =>
        openEventStoreDB({ url: `esdb://user:secret@127.0.0.1:1?${query}`, logger: quietLogger(), clock: systemClock })
      expect(open).to.throw(/tlsVerifyCert=false.*tlsCAFile/)
      expect(open).not.to.throw(/secret/)
    }
  })
})
