/** The version of this server, and of the Node that it needs: they stand in package.json and nowhere else. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const file = new URL('../../package.json', import.meta.url)

const { version, engines } = z
  .object({ version: z.string(), engines: z.object({ node: z.string() }) })
  .parse(JSON.parse(readFileSync(file, 'utf8')))

export { version }
/** The oldest Node that it runs on. */
export const nodeNeeded = engines.node.replace(/^>=/, '')
