// `npm run test:interop`: what others make of our documents, against a server started here: linters, generated clients. A
// part needs tools that may be missing (Python, a registry): then it is skipped aloud. A new part is one more file in
// scripts/interop and its name below.
import { openapiPythonClient } from './interop/openapiPythonClient.mjs'
import { openapiTypescript } from './interop/openapiTypescript.mjs'
import { CannotHave } from './interop/cannotHave.mjs'
import { spectral } from './interop/spectral.mjs'
import { withServer } from './interop/withServer.mjs'

/** Each: its name, `prepare` (throws CannotHave), and `run`, with what `prepare` made and the server. */
const parts = [spectral, openapiPythonClient, openapiTypescript]

const wanted = process.argv.slice(2)
const rows = []
const row = (name, result) => {
  rows.push(`${name}: ${result}`)
  process.stdout.write(`${rows.at(-1)}\n`)
}

/** What is installed and built first takes long, and no server waits for it. */
const resultOf = async ({ prepare, run }) => {
  try {
    const tools = await prepare()
    let done = ''
    await withServer(async (server) => {
      done = await run(tools, server)
    })
    return `passed (${done})`
  } catch (error) {
    return error instanceof CannotHave ? `SKIPPED, ${error.message}` : `FAILED: ${error.message}`
  }
}

for (const part of parts) if (wanted.length === 0 || wanted.includes(part.name)) row(part.name, await resultOf(part))
process.stdout.write(`\n${rows.join('\n')}\n`)
process.exitCode = rows.length === 0 || rows.some((line) => line.includes(': FAILED')) ? 1 : 0
