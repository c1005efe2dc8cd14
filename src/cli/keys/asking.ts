/** Whom commands about keys ask: the server that runs here, or, where none does, its log and KEYS_DIR. */
import { z } from 'zod'
import { keysOfLogHere, rotateInLogHere } from '../../compose/keys/keysHere.js'
import { openLogHere, openLogToReadHere } from '../../compose/terminal.js'
import type { Config } from '../../compose/settings/config.js'
import { placed } from '../../contract/fields.js'
import { keysAnswer, rotatedAnswer } from '../../contract/keys.js'
import type { KeysShown } from '../../contract/keys.js'
import type { RotatedKind } from '../../events/server.js'
import { askDoor } from '../operators/askDoor.js'
import { findDoor, urlOfServer } from '../operators/door.js'
import { whyIn } from '../operators/why.js'
import { withLog } from '../withLog.js'

/** `from`, `until`: ms. */
export type Rotated = { readonly from: number; readonly until?: number | undefined }
export type ToRotate = {
  readonly kind: RotatedKind
  readonly key: string
  readonly bundle: string
  readonly atOnce: boolean
}

export type AskingKeys = {
  readonly list: () => Promise<KeysShown>
  /** Throws StartupProblem where it is refused. */
  readonly rotate: (what: ToRotate) => Promise<Rotated>
}

type Options = { readonly [name: string]: string | undefined }

export const askingKeys = async <T>(
  config: Config,
  options: Options,
  work: (asking: AskingKeys) => Promise<T>,
): Promise<T> => {
  if ((await urlOfServer(config, options)) !== undefined) return work(atDoor(config, options))
  return work({
    list: () => withLog(openLogToReadHere(config), (events) => keysOfLogHere(config, events)),
    rotate: (what) => withLog(openLogHere(config), (events) => rotateInLogHere(config, events, what)),
  })
}

const atDoor = (config: Config, options: Options): AskingKeys => ({
  list: async () => askDoor(await findDoor(config, options), { method: 'GET', path: '/keys' }, keysAnswer),
  rotate: async (what) => {
    const body = { ...what, why: whyIn(options) }
    const question = { method: 'POST', path: '/keys/rotations', body } as const
    return askDoor(await findDoor(config, options), question, z.object({ ...placed, ...rotatedAnswer }))
  },
})
