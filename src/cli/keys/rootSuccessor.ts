/** `homeserver keys root successor`: the next root, made while the key of this one is at hand, and this one's word for it. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rootKeyHere } from '../../compose/keys/keysHere.js'
import { makeSuccessorHere } from '../../compose/keys/successor.js'
import { command } from '../command.js'
import { privateKeyIn, rootKeyOption } from './rootKey.js'

/** In the directory that is made. */
const names = { statement: 'successor.json', certificate: 'successor.crt', key: 'successor.key' } as const

export const rootSuccessor = command({
  summary:
    'make the root that follows, and the statement of this one that it does: take both, and root.key, off the machine',
  example: 'keys root successor /media/safe/next-root --keys-dir /etc/homeserver/keys',
  words: { DIRECTORY: `where ${Object.values(names).join(', ')} are written; it must not be there yet` },
  optional: {},
  switches: { json: 'print JSON on one line' },
  options: rootKeyOption,
  settings: ['DATA_DIR', 'KEYS_DIR'],
  run: async ({ config, words: { DIRECTORY: directory }, options, switches, out }) => {
    const keyFile = options['root-key']
    const rootKey = keyFile === undefined ? await rootKeyHere(config) : await privateKeyIn(keyFile)
    const { statement, root } = await makeSuccessorHere(config, rootKey)
    await mkdir(directory, { mode: 0o700 })
    const files = {
      statement: join(directory, names.statement),
      certificate: join(directory, names.certificate),
      key: join(directory, names.key),
    }
    await writeFile(files.key, pem('PRIVATE KEY', root.privateKey), { mode: 0o600, flag: 'wx' })
    await writeFile(files.certificate, pem('CERTIFICATE', root.certificate), { mode: 0o600, flag: 'wx' })
    await writeFile(files.statement, statement, { mode: 0o600, flag: 'wx' })
    if (switches.has('json')) out(JSON.stringify(files))
    else for (const [what, file] of Object.entries(files)) out(`${what} ${file}`)
    return 0
  },
})

const pem = (what: string, bytes: Uint8Array): string => {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${what}-----`, ...lines, `-----END ${what}-----`, ''].join('\n')
}
