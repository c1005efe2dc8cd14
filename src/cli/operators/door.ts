/** The operators' door of a running server, as a command finds it: where it is, and with which token. */
import { readFile } from 'node:fs/promises'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import { readReadyFile } from '../../compose/process/readyFile.js'
import type { Config } from '../../compose/settings/config.js'

export type Door = { readonly url: string; readonly token: string }

/** Flags that every command of the door has. */
export const doorOptions = {
  url: ['URL', 'where the server answers operators (the one that serves DATA_DIR here)'],
  'token-file': ['FILE', 'holds the operator token (OPERATOR_TOKEN)'],
} as const
const doorSwitches = { json: 'print JSON, one object a line' } as const
export const doorSettings = ['DATA_DIR', 'OPERATOR_TOKEN'] as const

/** What every command has that is nothing but a request at the door. */
export const atDoor = { optional: {}, switches: doorSwitches, options: doorOptions, settings: doorSettings } as const

type Options = { readonly [name: string]: string | undefined }

/** Throws StartupProblem: no server runs (69), or there is no token (78). */
export const findDoor = async (config: Config, options: Options): Promise<Door> => {
  const url = await urlOfDoor(config, options)
  if (url === undefined) {
    throw new StartupProblem(
      69,
      `no server serves DATA_DIR ${config.dataDir} on this machine: start it, or name one by --url`,
    )
  }
  return { url, token: await tokenOf(config, options) }
}

/** Where it answers everybody; undefined where none was named and none serves the directory. */
export const urlOfServer = async (config: Config, options: Options): Promise<string | undefined> => {
  const ready = options['url'] === undefined ? await readReadyFile(config.dataDir) : undefined
  return ready === undefined ? urlNamed(options) : (ready.localUrl ?? ready.operatorUrl ?? ready.url)
}

/** Where it answers operators; the same. */
const urlOfDoor = async (config: Config, options: Options): Promise<string | undefined> => {
  const ready = options['url'] === undefined ? await readReadyFile(config.dataDir) : undefined
  return ready === undefined ? urlNamed(options) : (ready.operatorUrl ?? ready.url)
}

const urlNamed = ({ url }: Options): string | undefined => {
  if (url === undefined) return undefined
  if (!URL.canParse(url) || !/^https?:/.test(url)) throw new StartupProblem(64, `--url is no URL of a server: ${url}`)
  return url.replace(/\/+$/, '')
}

export const hasToken = ({ operatorToken }: Config, options: Options): boolean =>
  operatorToken !== undefined || options['token-file'] !== undefined

const tokenOf = async ({ operatorToken }: Config, options: Options): Promise<string> => {
  const file = options['token-file']
  if (file === undefined && operatorToken !== undefined) return operatorToken
  if (file === undefined)
    throw new StartupProblem(78, 'the operator token is needed: OPERATOR_TOKEN or --token-file FILE')
  const token = (await readFile(file, 'utf8').catch(() => '')).trim()
  if (/^hs_op_[A-Za-z0-9_-]{22,}$/.test(token)) return token
  throw new StartupProblem(78, `--token-file ${file} holds no operator token: hs_op_ and at least 22 characters`)
}
