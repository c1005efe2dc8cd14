// Redocly's recommended rules have nothing to say of the OpenAPI document, as a server built here serves it.
import { createConfig, lint } from '@redocly/openapi-core'
import { withServer } from './interop/withServer.mjs'

await withServer(async ({ openapi }) => {
  const problems = await lint({ ref: openapi, config: await createConfig({ extends: ['recommended'] }) })
  for (const { severity, ruleId, message, location } of problems)
    process.stderr.write(`openapi.json${location[0]?.pointer ?? ''}: ${severity} ${ruleId}: ${message}\n`)
  if (problems.length > 0) process.exitCode = 1
})
