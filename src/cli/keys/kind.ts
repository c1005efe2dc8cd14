/** Which key a command is about, and what it takes to make the next one. */
import { rootKeyHere } from '../../compose/keys/keysHere.js'
import { successionHere } from '../../compose/keys/successor.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import type { Config } from '../../compose/settings/config.js'
import { rotatedKind } from '../../events/server.js'
import type { RotatedKind } from '../../events/server.js'
import type { NextKey } from '../../ports/keys.js'
import { privateKeyIn, readNamed, rootKeyOption } from './rootKey.js'

export const kindWord = { KIND: `which: ${rotatedKind.options.join(', ')}` } as const
export const kindChoices = { KIND: rotatedKind.options } as const
export const rootOptions = {
  ...rootKeyOption,
  successor: [
    'FILE',
    'the statement of keys root successor: the intermediate is under that root, whose key is --root-key',
  ],
} as const

type Options = { readonly [name: string]: string | undefined }

const neverByHand: { readonly [kind: string]: string } = {
  handle: 'the handle key never rotates: it names the streams of handles and queues',
  federation: 'a federation key has its own time: homeserver keys federation',
  root: 'a root is followed by its successor: homeserver keys root successor, then keys rotate intermediate --successor',
}

/** Throws StartupProblem. */
export const kindIn = (word: string): RotatedKind => {
  const read = rotatedKind.safeParse(word)
  if (read.success) return read.data
  const said = Object.hasOwn(neverByHand, word) ? neverByHand[word] : undefined
  throw new StartupProblem(64, said ?? `KIND is one of ${rotatedKind.options.join(', ')}`)
}

/** Throws StartupProblem. */
export const followingOf = async (config: Config, kind: RotatedKind, options: Options): Promise<NextKey> => {
  if (kind !== 'intermediate') return { kind }
  const { 'root-key': keyFile, successor } = options
  if (successor !== undefined && keyFile === undefined)
    throw new StartupProblem(64, '--successor FILE needs --root-key FILE: the private key that was made with it')
  const rootPrivateKey = keyFile === undefined ? await rootKeyHere(config) : await privateKeyIn(keyFile)
  const succession =
    successor === undefined ? {} : { succession: await successionHere(config, await readNamed(successor)) }
  return { kind, rootPrivateKey, ...succession }
}
