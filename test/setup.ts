/**
 * Loaded before every test run. A rejection nobody awaited is a failure; so is an answer that the OpenAPI document does
 * not promise, and so is what is still open some time after the end.
 */
import { endWithin, killChildren } from './runEnd/leftOpen.js'
import { takeFaults, watchResponses } from './support/openapiCheck.js'

process.on('unhandledRejection', (reason) => {
  throw reason instanceof Error ? reason : new Error(String(reason))
})

watchResponses()
process.on('exit', killChildren)

export const mochaHooks = {
  afterEach(): void {
    const faults = takeFaults()
    if (faults.length > 0) throw new Error(`answers that the OpenAPI document does not promise:\n${faults.join('\n')}`)
  },
}

/** Connections that are kept alive close by themselves within seconds, also on a slow machine. */
const graceMs = Number(process.env['TEST_GRACE_MS'] ?? 20_000)

export const mochaGlobalTeardown = (): void => {
  endWithin(graceMs)
}
