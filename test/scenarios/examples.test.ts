/** The examples do what they say, against a real server. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { startServer } from '../support/startServer.js'
import type { RunningServer } from '../support/startServer.js'

const run = promisify(execFile)

describe('the examples', () => {
  let server: RunningServer
  before(async () => {
    server = await startServer()
  })
  after(() => server.stop())

  it('chat.mjs: two clients exchange a message', async () => {
    const { stdout } = await run(process.execPath, ['examples/chat.mjs', server.url])
    expect(stdout).to.equal('bob reads: Hello Bob!\nalice reads: Hello Alice!\n')
  })

  it('rest.sh: registers, authenticates, makes a queue, finds people, reserves a group', async function () {
    const missing = await Promise.all(['bash', 'curl', 'openssl'].map((tool) => run('which', [tool]))).catch(() => true)
    if (missing === true) this.skip()
    const { stdout } = await run('bash', ['examples/rest.sh', server.url])
    expect(stdout).to.match(/registered alice-\w+ as mimi:\/\/localhost\/u\//)
    expect(stdout).to.match(/"items":\[\]/)
    expect(stdout.trimEnd().split('\n').at(-1)).to.equal('done')
  })
})
