/** The Date of a web server as a clock beside ours: what it says, or nothing at all. */
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { httpDate } from '#src/adapters/system/httpDate.js'

describe('the time of a web server', () => {
  let server: Server | undefined
  const serve = async (listener: RequestListener): Promise<string> => {
    server = createServer(listener)
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  }
  afterEach(() => {
    server?.closeAllConnections()
    server?.close()
    server = undefined
  })

  it('is its Date, to the second, asked for with HEAD, whatever it answers', async () => {
    for (const status of [200, 204, 302, 404, 500]) {
      const asked: string[] = []
      const url = await serve((request, response) => {
        asked.push(String(request.method))
        response.writeHead(status, { date: 'Sun, 06 Nov 1994 08:49:37 GMT', location: 'http://127.0.0.1:9/' }).end()
      })
      expect(await httpDate(url)(), String(status)).to.equal(Date.UTC(1994, 10, 6, 8, 49, 37))
      expect(asked).to.deep.equal(['HEAD'])
      server?.closeAllConnections()
      server?.close()
    }
  })

  for (const [what, date] of [
    ['it says none', undefined],
    ['it is empty', ''],
    ['it is no date', 'yesterday'],
  ] as const)
    it(`is unknown where ${what}`, async () => {
      const url = await serve((_request, response) => {
        response.sendDate = false
        response.writeHead(200, date === undefined ? {} : { date }).end()
      })
      expect(await httpDate(url)()).to.equal(undefined)
    })

  it('is unknown where nobody answers, or breaks off', async () => {
    const url = await serve((request) => request.socket.destroy())
    expect(await httpDate(url)()).to.equal(undefined)
    server?.close()
    expect(await httpDate('http://127.0.0.1:9/')()).to.equal(undefined)
    expect(await httpDate('not an address')()).to.equal(undefined)
  })
})
