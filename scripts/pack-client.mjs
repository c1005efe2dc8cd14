// `npm run pack:client [-- FOLDER]`: builds mls-homeserver-client, the SDK without the server, and prints where the tarball is.
import { clientTarball } from './package/clientTarball.mjs'

process.stdout.write(`${clientTarball(process.argv[2] ?? '.')}\n`)
