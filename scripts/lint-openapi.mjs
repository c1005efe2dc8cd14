// Redocly's recommended rules have nothing to say of the OpenAPI document, as a server built here serves it. Its 20 MB are
// installed where the interop tools are, at the first run: nobody who only starts the server should wait for them.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { npmTools } from './interop/tools.mjs'
import { withServer } from './interop/withServer.mjs'

const folder = await npmTools('redocly').catch(({ message }) => {
  process.stderr.write(`lint-openapi: Redocly is installed at its first run, from the npm registry: ${message}\n`)
  process.exit(1)
})
const { resolve } = createRequire(join(folder, 'package.json'))
const { createConfig, lint } = await import(resolve('@redocly/openapi-core'))

await withServer(async ({ openapi }) => {
  const problems = await lint({ ref: openapi, config: await createConfig({ extends: ['recommended'] }) })
  for (const { severity, ruleId, message, location } of problems)
    process.stderr.write(`openapi.json${location[0]?.pointer ?? ''}: ${severity} ${ruleId}: ${message}\n`)
  if (problems.length > 0) process.exitCode = 1
})
