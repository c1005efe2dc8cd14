/** `npm run dev` follows the sources: what is written is compiled, and the server started again from it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'chai'
import { eventually } from '../stores/eventually.js'
import { smallClone, type SmallClone } from './smallClone.js'

const traced = "type Unseen = string\n\nconst where: Unseen = new Error('').stack ?? ''\nconsole.log(where)\n"
const rewriteMs = 5000

describe('npm run dev', () => {
  let clone: SmallClone
  let child: ChildProcess
  let output = ''

  before(async () => {
    clone = smallClone()
    await clone.run(['scripts/setup.mjs', 'server'])
    child = spawn(process.execPath, ['scripts/dev.mjs', '--port', '0'], {
      cwd: clone.folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text))
  })
  after(() => {
    child.kill()
    clone.remove()
  })

  it('starts the server with the flags it was given', () =>
    eventually('the server starts', () => output.includes('started with --port,0')))

  it('starts it anew when a source changes, with stack traces that name the source', () => {
    let written = 0
    return eventually('the changed server', () => {
      // Written anew until it is seen: the compiler says that it watches a little before it does.
      if (Date.now() - written > rewriteMs) {
        written = Date.now()
        clone.write('src/main.ts', `${traced}// ${written}\n`)
      }
      return output.includes('src/main.ts:3')
    })
  })

  it('ends with SIGTERM, and so do the compiler and the server', async () => {
    child.kill()
    // Its stdout is theirs too: it closes when the last of them has ended.
    expect(await once(child, 'close')).to.deep.equal([0, null])
  })
})
