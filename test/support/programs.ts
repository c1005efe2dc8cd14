/**
 * The programs that tests start: as they are compiled, or bundled into few files, where `npm test` has done so
 * (scripts/test/bundle.mjs), since a start takes half as long then.
 */
import { fileURLToPath } from 'node:url'

const compiled = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

export const serverProgram = process.env['TEST_SERVER'] ?? compiled('main.js')
export const cliProgram = process.env['TEST_CLI'] ?? compiled('cli/main.js')
