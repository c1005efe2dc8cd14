// package.json of the client's package: its entries, and the exact versions of what it needs, as the server's own names them.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../setup/root.mjs'

/** Asked for by a name in a variable, so that bundlers for browsers leave it alone: Node 20 has no WebSocket of its own. */
const unseen = ['ws']

export const clientManifest = (packages) => {
  const { version, license, engines, dependencies } = manifestIn(root)
  const needed = [...new Set([...packages, ...unseen].flatMap((name) => [name, ...peersOf(name)]))].sort()
  const unnamed = needed.filter((name) => dependencies[name] === undefined)
  if (unnamed.length > 0) throw new Error(`package.json names no version of ${unnamed.join(', ')}`)
  return {
    name: 'mls-homeserver-client',
    version,
    description: 'The SDK of the MLS homeserver: end-to-end encrypted messaging (RFC 9420) in Node and browsers',
    license,
    type: 'module',
    sideEffects: false,
    engines,
    exports: { '.': entry('index'), './node': entry('node'), './package.json': './package.json' },
    types: './dist/client/index.d.ts',
    dependencies: Object.fromEntries(needed.map((name) => [name, dependencies[name]])),
  }
}

const entry = (name) => ({ types: `./dist/client/${name}.d.ts`, default: `./dist/client/${name}.js` })

/**
 * ts-mls imports its suites' cryptography when a suite is asked for; ws does without its natives. The post-quantum suites are
 * none of ours: bundlers leave out what is not there.
 */
const peersOf = (name) =>
  name === 'ws'
    ? []
    : Object.keys(manifestIn(join(root, 'node_modules', name)).peerDependencies ?? {}).filter(
        (peer) => !postQuantum.has(peer),
      )

const postQuantum = new Set(['@hpke/hybridkem-x-wing', '@hpke/ml-kem', '@noble/post-quantum'])

const manifestIn = (folder) => {
  const file = join(folder, 'package.json')
  if (!existsSync(file)) throw new Error(`${file} is missing: npm run setup`)
  return JSON.parse(readFileSync(file, 'utf8'))
}
