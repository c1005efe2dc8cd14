// The server and the command line as a few files in the place of some 1,900: tests start them several hundred times, and half
// of what a start costs is finding and reading modules. What they do is the same; each module still says where it lies in dist.
import { build } from 'esbuild'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from '../setup/root.mjs'

/** Native, or loaded only where they are used. */
const external = ['@photostructure/sqlite', '@aws-sdk/*', 'mongodb', '@eventstore/db-client']

/** Packages that are not ES modules ask for `require`. */
const banner =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);"

const placed = {
  name: 'placed',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.m?js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
    }))
  },
}

/** Answers the paths of both, by the names of the variables that tests know them by (test/support/programs.ts). */
export const bundlePrograms = async () => {
  const outdir = join(root, 'dist', 'checks', 'bundled')
  await build({
    entryPoints: { main: join(root, 'dist', 'main.js'), cli: join(root, 'dist', 'cli', 'main.js') },
    outdir,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external,
    banner: { js: banner },
    plugins: [placed],
    logLevel: 'warning',
  })
  return { TEST_SERVER: join(outdir, 'main.js'), TEST_CLI: join(outdir, 'cli.js') }
}
