/** `homeserver erasures`: who was erased, by the hash of the id, so that a restore brings nobody back. */
import { keysThere } from '../../compose/terminal.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import type { Config } from '../../compose/settings/config.js'
import type { Erasure, ServerKeys } from '../../ports/keys.js'
import { command } from '../command.js'
import { openOutput } from '../output.js'
import { enterErasures } from './enter.js'
import { registerIn, textOfErasures } from './file.js'

export const listErasures = command({
  summary: 'list who was erased: the number, when, the SHA-256 of the user’s id, the receipt',
  example: 'erasures list --keys-dir /etc/homeserver/keys',
  words: {},
  optional: {},
  switches: { json: 'print JSON, one object a line' },
  settings: ['DATA_DIR', 'KEYS_DIR'],
  run: async ({ config, switches, out }) => {
    const { entries } = await registerHere(config)
    for (const [n, { user, at, receipt }] of entries.entries())
      out(
        switches.has('json')
          ? JSON.stringify({ number: n + 1, user, at, receipt })
          : [n + 1, new Date(at).toISOString(), user, receipt].join(' '),
      )
    return 0
  },
})

export const exportErasures = command({
  summary: 'write the register of erasures to FILE or stdout, for restore --erasures FILE',
  example: 'erasures export erasures.jsonl --keys-dir /etc/homeserver/keys',
  words: {},
  optional: { FILE: 'where to write; it must not be there yet' },
  switches: { json: 'beside FILE: print JSON' },
  settings: ['DATA_DIR', 'KEYS_DIR'],
  run: async ({ config, words: { FILE: file }, switches, out, note }) => {
    const { server, entries } = await registerHere(config)
    const output = await openOutput(file)
    await output.write(textOfErasures(server, entries))
    await output.end()
    // Without a file it is the register itself that is printed.
    if (switches.has('json') && file !== undefined) out(JSON.stringify({ exported: entries.length }))
    else note(`exported ${entries.length} erasures`)
    return 0
  },
})

export const importErasures = command({
  summary: 'enter whom a register names and this one lacks, and take their keys away',
  example: 'erasures import /mnt/backups/friday-keys/erasures.jsonl --keys-dir /etc/homeserver/keys',
  words: { FILE: 'what erasures export wrote, or erasures.jsonl of a backup of the keys' },
  optional: {},
  switches: { json: 'print JSON' },
  settings: ['DATA_DIR', 'KEYS_DIR'],
  run: async ({ config, words: { FILE: file }, switches, out, note }) => {
    const keys = await keysThere(config.keysDir)
    if (keys === undefined) throw new StartupProblem(78, `KEYS_DIR ${config.keysDir} holds no keys`)
    const entries = await registerIn(file, keys)
    const before = (await keys.erasures.list()).length
    await enterErasures(config, keys, entries)
    const entered = (await keys.erasures.list()).length - before
    if (switches.has('json')) out(JSON.stringify({ entered, of: entries.length }))
    else note(`entered ${entered} of ${entries.length} erasures`)
    await keys.close()
    return 0
  },
})

type Register = { readonly server: ServerKeys; readonly entries: readonly Erasure[] }

/** Throws StartupProblem where there are no keys, or the register is damaged (74). */
const registerHere = async ({ keysDir }: Config): Promise<Register> => {
  const keys = await keysThere(keysDir)
  if (keys === undefined) throw new StartupProblem(78, `KEYS_DIR ${keysDir} holds no keys`)
  const { server, erasures } = keys
  const entries = await erasures.list()
  await keys.close()
  return { server, entries }
}
