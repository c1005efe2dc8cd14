// Start, chat, stop, start again on the same data, chat again: the shortest life of a homeserver, under a given Node.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../setup/root.mjs'
import { expectOutput } from './program.mjs'
import { serverLife } from './server.mjs'

/** 'passed', or 'FAILED: ' and why. `folder` is the package, which is started the second time. */
export const smoke = async (node, folder) => {
  const data = mkdtempSync(join(tmpdir(), 'homeserver-smoke-'))
  const chat = (url) => expectOutput(node, [join(folder, 'examples', 'chat.mjs'), url], chatted)
  try {
    const first = await serverLife(node, join(root, 'scripts', 'start.mjs'), data, chat)
    if (!/^operator-token /m.test(first)) return 'FAILED: the first start printed no operator token'
    const second = await serverLife(node, join(folder, 'dist', 'main.js'), data, chat)
    if (/^operator-token /m.test(second)) return 'FAILED: the second start did not find the data of the first'
    return 'passed'
  } catch (error) {
    return `FAILED: ${error.message}`
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

const chatted = 'bob reads: Hello Bob!\nalice reads: Hello Alice!\n'
