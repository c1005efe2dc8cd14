// Bundles the chat page from what the compiler wrote: one script, from the server itself, for browsers of the last years.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './setup/root.mjs'

/** Beside the page's other files, which are copied as they are. */
export const bundleOfChat = join('dist', 'chat', 'chat.js')

export const bundleChat = async () => {
  const entry = join(root, 'dist', 'chat', 'main.js')
  if (!existsSync(entry)) return
  // Not needed where there is no page to bundle.
  const { build } = await import('esbuild')
  await build({
    entryPoints: [entry],
    outfile: join(root, bundleOfChat),
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'warning',
  })
}
