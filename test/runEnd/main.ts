/** A run for runEnd.test.ts that leaves a server, a process and a timer open: after a failed `before`, or a passed test. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'

describe('a run that leaves things open', () => {
  before(async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'])
    setInterval(() => undefined, 1000)
    console.log(`child ${child.pid ?? 0}`)
    if (process.env['RUN_FAILS'] === 'yes') throw new Error('on purpose')
  })

  it('runs', () => undefined)
})
