/** What an operator can mend, told from the error that the system or a store gave; everything else is a bug. */
import { UnreadableEvent } from '../../events/form/parser.js'
import { LogDamaged, StorageFull, StoreUnavailable } from '../../ports/eventStore.js'
import { RegisterDamaged } from '../../ports/keys.js'
import { StartupProblem } from './startupProblem.js'
import type { ExitCode } from './startupProblem.js'

const meanings: { readonly [code: string]: readonly [ExitCode, string] } = {
  ENOSPC: [74, 'the disk is full'],
  EDQUOT: [74, 'the quota of the disk is used up'],
  EROFS: [74, 'the disk is read-only'],
  EIO: [74, 'the disk cannot be read or written'],
  EMFILE: [74, 'too many files are open (ulimit -n)'],
  ENFILE: [74, 'too many files are open on this machine'],
  EPIPE: [74, 'nobody reads what is written'],
  ENOENT: [78, 'there is no such file or directory'],
  ENOTDIR: [78, 'a part of this path is a file, not a directory'],
  EISDIR: [78, 'this is a directory, not a file'],
  EEXIST: [78, 'there is something of this name already'],
  EACCES: [78, 'this user may not do that (permissions)'],
  EPERM: [78, 'this user may not do that (permissions)'],
  ELOOP: [78, 'the links lead in a circle'],
  ENAMETOOLONG: [78, 'the name is too long'],
}

/**
 * `what` names the setting and its value, else the path that the error names is told. `unavailable`: what it means that
 * a store does not work. Undefined for what nobody foresaw.
 */
export const startupProblemOf = (
  error: unknown,
  what?: string,
  unavailable: 69 | 74 = 69,
): StartupProblem | undefined => {
  if (error instanceof StartupProblem) return error
  if (error instanceof StorageFull) return new StartupProblem(74, told(what, 'the disk is full'))
  if (error instanceof LogDamaged || error instanceof UnreadableEvent)
    return new StartupProblem(74, told(what, `${error.message} (homeserver events verify tells more)`))
  if (error instanceof RegisterDamaged) return new StartupProblem(74, told(what, error.message))
  if (error instanceof StoreUnavailable) return new StartupProblem(unavailable, told(what, error.message))
  if (!(error instanceof Error) || !('code' in error)) return undefined
  const [exitCode, meaning] = meanings[String(error.code)] ?? []
  if (exitCode === undefined || meaning === undefined) return undefined
  const path = 'path' in error && typeof error.path === 'string' ? error.path : undefined
  return new StartupProblem(exitCode, told(placeOf(what, path), meaning))
}

const placeOf = (what: string | undefined, path: string | undefined): string | undefined => {
  if (what === undefined || path === undefined) return what ?? path
  return what.endsWith(path) ? what : `${what} (${path})`
}

const told = (what: string | undefined, meaning: string): string =>
  what === undefined ? meaning : `${what}: ${meaning}`
