/** The example for other languages does what it says, against a real server. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { startServer } from '../support/startServer.js'

describe('examples/rest.sh', () => {
  it('registers, authenticates, makes a queue, finds people, reserves a group', async function () {
    const run = promisify(execFile)
    const missing = await Promise.all(['bash', 'curl', 'openssl'].map((tool) => run('which', [tool]))).catch(() => true)
    if (missing === true) this.skip()
    const server = await startServer()
    try {
      const { stdout } = await run('bash', ['examples/rest.sh', server.url])
      expect(stdout).to.match(/registered alice-\w+ as mimi:\/\/localhost\/u\//)
      expect(stdout).to.match(/"items":\[\]/)
      expect(stdout.trimEnd().split('\n').at(-1)).to.equal('done')
    } finally {
      await server.stop()
    }
  })
})
