/** The test server as a process: `node main.js --port N [--file path]`. Prints its URL once it listens; SIGTERM ends it. */
import { parseArgs } from 'node:util'
import { startTestServer } from './server.js'

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' }, file: { type: 'string' } } })
const server = await startTestServer({
  port: Number(values.port),
  ...(values.file === undefined ? {} : { file: values.file }),
})
process.stdout.write(`${server.url}\n`)
process.once('SIGTERM', () => {
  server.stop()
  process.exit(0)
})
