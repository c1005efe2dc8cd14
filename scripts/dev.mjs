// `npm run dev`: compiles and restarts the server whenever a source changes, with stack traces that name the sources.
// Flags after -- are the server's: npm run dev -- --port 9000
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setUp } from './setup/setUp.mjs'
import { root } from './setup/root.mjs'

await setUp('server')

const children = []
const end = (code) => {
  for (const child of children) child.kill()
  process.exitCode = code
}
const start = (...args) => {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' })
  child.on('exit', (code) => end(code ?? 0))
  children.push(child)
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => end(0))

start(join('node_modules', 'typescript', 'bin', 'tsc'), '-b', 'tsconfig.src.json', '--watch', '--preserveWatchOutput')
start('--watch', '--watch-preserve-output', '--enable-source-maps', join('dist', 'main.js'), ...process.argv.slice(2))
