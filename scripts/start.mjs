// Sets up and starts the server in this one process: what `npm start` does, for shells that have no exec (Windows).
// Flags are the server's: node scripts/start.mjs --port 9000
import { setUp } from './setup/setUp.mjs'

await setUp('server')
await import('../dist/main.js')
