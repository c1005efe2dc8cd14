/** `homeserver keys prepare | rotate`: another key is made, and used, while those before it still count. */
import { newKeyHere } from '../../compose/terminal.js'
import type { ExitCode } from '../../compose/process/startupProblem.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import type { Config } from '../../compose/settings/config.js'
import type { KeysShown } from '../../contract/keys.js'
import type { RotatedKind } from '../../events/server.js'
import { command } from '../command.js'
import { doorOptions, doorSettings } from '../operators/door.js'
import { whyOption } from '../operators/why.js'
import { askingKeys } from './asking.js'
import type { AskingKeys, Rotated } from './asking.js'
import { followingOf, kindChoices, kindIn, kindWord, rootOptions } from './kind.js'

type Options = { readonly [name: string]: string | undefined }
const settings = [...doorSettings, 'KEYS_DIR', 'EVENTSTORE_URL', 'STORE_WAIT_S'] as const

export const prepareKey = command({
  summary:
    'make another key in KEYS_DIR, which nothing is made by until keys rotate: copy bundle.json to every process',
  example: 'keys prepare token --data-dir /var/lib/homeserver',
  words: kindWord,
  optional: {},
  choices: kindChoices,
  switches: { json: 'print JSON on one line' },
  options: { ...rootOptions, ...doorOptions },
  settings,
  run: async ({ config, words: { KIND }, options, switches, out }) => {
    const kind = kindIn(KIND)
    const prepared = await askingKeys(config, options, (asking) => preparedKey(asking, config, kind, options))
    if (switches.has('json')) out(JSON.stringify({ kind, ...prepared }))
    else out(`prepared ${kind} ${prepared.key}, bundle ${prepared.bundle}`)
    return 0
  },
})

export const rotateKey = command({
  summary: 'use another key from now on, made here or prepared; what the one before made still counts',
  example: 'keys rotate token --why "yearly" --data-dir /var/lib/homeserver --token-file /run/secrets/operator',
  words: kindWord,
  optional: {},
  choices: kindChoices,
  switches: {
    'at-once': 'the keys before it are lost or not to be trusted: what they made counts no longer',
    json: 'print JSON on one line',
  },
  options: { ...whyOption, ...rootOptions, ...doorOptions },
  settings,
  run: async ({ config, words: { KIND }, options, switches, out }) => {
    const kind = kindIn(KIND)
    return askingKeys(config, options, async (asking): Promise<ExitCode> => {
      const prepared = await preparedKey(asking, config, kind, options)
      const rotated = await asking.rotate({ kind, ...prepared, atOnce: switches.has('at-once') })
      if (switches.has('json')) out(JSON.stringify({ kind, ...prepared, ...timesOf(rotated) }))
      else for (const line of linesOf(kind, prepared, rotated)) out(line)
      return 0
    })
  },
})

type Prepared = { readonly key: string; readonly bundle: string }

/** The one that is there, which a crash may have left, else another. */
const preparedKey = async (
  asking: AskingKeys,
  config: Config,
  kind: RotatedKind,
  options: Options,
): Promise<Prepared> => {
  const there = preparedIn(await asking.list(), kind)
  if (there !== undefined) return there
  await newKeyHere(config, await followingOf(config, kind, options))
  const made = preparedIn(await asking.list(), kind)
  if (made !== undefined) return made
  throw new StartupProblem(
    78,
    `the key was made in KEYS_DIR ${config.keysDir}, which is not the server's: copy bundle.json to the server's, and ask again`,
  )
}

const preparedIn = ({ keys, bundle }: KeysShown, kind: RotatedKind): Prepared | undefined => {
  const found = keys.findLast((one) => one.kind === kind && one.state === 'prepared')
  return found === undefined ? undefined : { key: found.key, bundle }
}

const timesOf = ({ from, until }: Rotated): Rotated => ({ from, ...(until === undefined ? {} : { until }) })

const linesOf = (kind: RotatedKind, { key, bundle }: Prepared, { from, until }: Rotated): readonly string[] => [
  `${kind} ${key} from ${new Date(from).toISOString()}`,
  until === undefined
    ? 'what those before it made still counts'
    : `what those before it made counts until ${new Date(until).toISOString()}`,
  `every process needs bundle ${bundle}: /readyz of one that lacks it says so`,
]
