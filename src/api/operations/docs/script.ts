/** The one script of the page, a file of its own, so that its policy need not allow any other. */
import { readFileSync } from 'node:fs'

export const scriptPath = '/docs/docs.js'

export const script = (): string =>
  readFileSync(new URL('./inBrowser.js', import.meta.url), 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '')
