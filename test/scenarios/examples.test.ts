/** The examples do what they say, against a real server. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { startServer } from '../support/startServer.js'
import type { RunningServer } from '../support/startServer.js'

/** What does not end by itself is ended, and fails. */
const run = (file: string, args: readonly string[], cwd = '.') =>
  promisify(execFile)(file, args, { cwd, timeout: 30_000 })

/** A folder of somebody who has the package and nothing else of ours; gone afterwards. */
const inStrangersFolder = async (work: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'stranger-'))
  try {
    await mkdir(join(folder, 'node_modules'))
    await symlink(process.cwd(), join(folder, 'node_modules', 'mls-homeserver'))
    await work(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The text between the fences of README's only block of JavaScript. */
const readmeSnippet = async (): Promise<string> => {
  const blocks = [...(await readFile('README.md', 'utf8')).matchAll(/^```js\n(.*?)^```$/gms)]
  expect(blocks).to.have.length(1)
  return blocks[0]![1]!
}

describe('the examples', () => {
  let server: RunningServer
  before(async () => {
    server = await startServer({ LIMITS: '{}' })
  })
  after(() => server.stop())

  it('chat.mjs: two clients exchange a message', async () => {
    const { stdout } = await run(process.execPath, ['examples/chat.mjs', server.url])
    expect(stdout).to.equal('bob reads: Hello Bob!\nalice reads: Hello Alice!\n')
  })

  it('README’s snippet ends by itself, as often as it is run', async () => {
    await inStrangersFolder(async (folder) => {
      await writeFile(join(folder, 'hello.mjs'), await readmeSnippet())
      for (const time of ['first', 'second']) {
        const { stdout } = await run(process.execPath, ['hello.mjs', server.url], folder)
        expect(stdout, time).to.match(/^mimi:\/\/localhost\/u\/[\w-]{22} Hello Bob!\n$/)
      }
    })
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
