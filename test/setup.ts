/** Loaded before every test run. A rejection nobody awaited is a failure; so is an answer that the OpenAPI document does not promise. */
import { takeFaults, watchResponses } from './support/openapiCheck.js'

process.on('unhandledRejection', (reason) => {
  throw reason instanceof Error ? reason : new Error(String(reason))
})

watchResponses()

export const mochaHooks = {
  afterEach(): void {
    const faults = takeFaults()
    if (faults.length > 0) throw new Error(`answers that the OpenAPI document does not promise:\n${faults.join('\n')}`)
  },
}
