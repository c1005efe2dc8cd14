// Bundles the chat page, and its service worker, from what the compiler wrote: a script each, from the server itself, for browsers
// of the last years.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './setup/root.mjs'

/** Beside the page's other files, which are copied as they are. A service worker that is a module is not known to all browsers. */
const bundles = [
  { entry: join('dist', 'chat', 'main.js'), bundle: join('dist', 'chat', 'chat.js'), format: 'esm' },
  {
    entry: join('dist', 'chat', 'waking', 'serviceWorker.js'),
    bundle: join('dist', 'chat', 'wake.js'),
    format: 'iife',
  },
]
export const bundlesOfChat = bundles.map(({ bundle }) => bundle)

export const bundleChat = async () => {
  for (const one of bundles) if (existsSync(join(root, one.entry))) await bundleOne(one)
}

const bundleOne = async ({ entry, bundle, format }) => {
  // Not needed where there is no page to bundle.
  const { build } = await import('esbuild')
  await build({
    entryPoints: [join(root, entry)],
    outfile: join(root, bundle),
    bundle: true,
    minify: true,
    format,
    platform: 'browser',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'warning',
  })
}
