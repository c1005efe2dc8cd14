/** File, environment and flags, parsed once into a frozen Config; or every problem at once. Imports only the limits' names. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { limitDefaults, rateDefaults } from '../limits/limits.js'
import type { Limits, Rate, Rates } from '../limits/limits.js'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export type Config = {
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** Where metrics are open to everybody; undefined: on the main port, to loopback and the operator. */
  readonly metricsPort: number | undefined
  readonly dataDir: string
  readonly domain: string
  /** Undefined: made from the address the server listens on. */
  readonly publicUrl: string | undefined
  readonly eventStoreUrl: string | undefined
  readonly mongoUrl: string | undefined
  readonly keysDir: string
  readonly operatorToken: string | undefined
  readonly limits: Limits
  readonly rates: Rates
  readonly trustedProxies: readonly string[]
  readonly federationPeers: readonly string[]
  readonly federationAllowPrivate: boolean
  /** Whether anyone may register; those who have an account can add clients to it all the same. */
  readonly registration: 'open' | 'closed'
  readonly logLevel: LogLevel
  readonly storeWaitMs: number
}

export type ConfigRead = { readonly config: Config } | { readonly problems: readonly string[] }

/** Every setting by its environment name; the flag is `--host`, the key in the file `HOST`. */
export const settings = {
  HOST: 'address to listen on (127.0.0.1)',
  PORT: 'port to listen on, 0 for any free one (8080)',
  METRICS_PORT: 'separate port for /metrics (unset: on the main port, for loopback and the operator token)',
  DATA_DIR: 'where the embedded store, keys and blobs live (./data)',
  DOMAIN: 'the name in every id, fixed at the first start (localhost)',
  PUBLIC_URL: 'how clients reach the server (made from HOST and PORT)',
  EVENTSTORE_URL: 'EventStoreDB connection string (unset: the embedded log)',
  MONGODB_URL: 'MongoDB connection string (unset: embedded read models)',
  KEYS_DIR: 'the server keys and subject keys (DATA_DIR/keys)',
  OPERATOR_TOKEN: 'the operator token, instead of the one made at the first start',
  LIMITS: 'JSON over the names of limits and rates, or off (no rate limits)',
  TRUSTED_PROXIES: 'addresses whose Forwarded headers are believed, by commas',
  FEDERATION_PEERS: 'domains to federate with, by commas',
  FEDERATION_ALLOW_PRIVATE: 'true: peers at private addresses are allowed (for tests)',
  REGISTRATION: 'open or closed: whether anyone may register (open)',
  LOG_LEVEL: 'debug, info, warn, error or silent (info)',
  STORE_WAIT_S: 'seconds to wait for the stores at start (60)',
} as const
export type SettingName = keyof typeof settings
const names = Object.keys(settings) as SettingName[]

type Raw = { readonly [Name in SettingName]?: string }

/** Flags win over the environment, the environment over the file named by `--config`. */
export const readConfig = (args: readonly string[], environment: NodeJS.ProcessEnv): ConfigRead => {
  const problems: string[] = []
  const flags = readFlags(args, problems)
  const file = flags.file === undefined ? {} : readFile(flags.file, problems)
  const fromEnvironment = Object.fromEntries(names.flatMap((name) => nonEmpty(name, environment[name])))
  const raw: Raw = { ...file, ...fromEnvironment, ...flags.settings }
  const config = parse(raw, problems)
  return problems.length > 0 ? { problems } : { config: Object.freeze(config) }
}

const nonEmpty = (name: string, value: string | undefined): [string, string][] =>
  value === undefined || value === '' ? [] : [[name, value]]

const flagOf = (name: SettingName): string => `--${name.toLowerCase().replaceAll('_', '-')}`

const readFlags = (
  args: readonly string[],
  problems: string[],
): { readonly settings: Raw; readonly file: string | undefined } => {
  const settingsRead: Partial<Record<SettingName, string>> = {}
  let file: string | undefined
  for (let at = 0; at < args.length; at++) {
    const [flag = '', inline] = (args[at] ?? '').split(/=(.*)/s, 2)
    const value = inline ?? args[++at]
    const name = names.find((candidate) => flagOf(candidate) === flag)
    if (value === undefined) problems.push(`${flag} needs a value`)
    else if (flag === '--config') file = value
    else if (name === undefined) problems.push(`${flag} is not a setting; there are ${names.map(flagOf).join(' ')}`)
    else settingsRead[name] = value
  }
  return { settings: settingsRead, file }
}

const readFile = (path: string, problems: string[]): Raw => {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof value !== 'object' || value === null) throw new TypeError('not an object')
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(settings, key)) problems.push(`${path}: ${key} is not a setting`)
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, setting]) => [
        key,
        typeof setting === 'string' ? setting : JSON.stringify(setting),
      ]),
    )
  } catch (error) {
    problems.push(`--config ${path}: ${error instanceof Error ? error.message : String(error)}`)
    return {}
  }
}

const parse = (raw: Raw, problems: string[]): Config => {
  const number = (name: SettingName, fallback: number, max: number): number => {
    const text = raw[name]
    if (text === undefined) return fallback
    const value = Number(text)
    if (/^\d+$/.test(text) && value <= max) return value
    problems.push(`${name} must be a whole number from 0 to ${max}, not ${JSON.stringify(text)}`)
    return fallback
  }
  const choice = <T extends string>(name: SettingName, allowed: readonly T[], fallback: T): T => {
    const text = raw[name] ?? fallback
    const found = allowed.find((candidate) => candidate === text)
    if (found === undefined) problems.push(`${name} must be one of ${allowed.join(', ')}, not ${JSON.stringify(text)}`)
    return found ?? fallback
  }
  const url = (name: SettingName, schemes: RegExp): string | undefined => {
    const text = raw[name]
    if (text !== undefined && !schemes.test(text)) problems.push(`${name} must match ${schemes.source}`)
    return text
  }
  const domain = raw.DOMAIN ?? 'localhost'
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?$/.test(domain)) {
    problems.push(`DOMAIN must be a lower-case DNS name, optionally with a port, not ${JSON.stringify(domain)}`)
  }
  const dataDir = resolve(raw.DATA_DIR ?? 'data')
  if (raw.OPERATOR_TOKEN !== undefined && !/^hs_op_[A-Za-z0-9_-]{22,}$/.test(raw.OPERATOR_TOKEN)) {
    problems.push('OPERATOR_TOKEN must be hs_op_ and at least 22 base64url characters')
  }
  return {
    host: raw.HOST ?? '127.0.0.1',
    port: number('PORT', 8080, 65535),
    metricsPort: raw.METRICS_PORT === undefined ? undefined : number('METRICS_PORT', 0, 65535),
    dataDir,
    domain,
    publicUrl: url('PUBLIC_URL', /^https?:\/\//)?.replace(/\/+$/, ''),
    eventStoreUrl: url('EVENTSTORE_URL', /^esdb(\+discover)?:\/\//),
    mongoUrl: url('MONGODB_URL', /^mongodb(\+srv)?:\/\//),
    keysDir: raw.KEYS_DIR === undefined ? resolve(dataDir, 'keys') : resolve(raw.KEYS_DIR),
    operatorToken: raw.OPERATOR_TOKEN,
    ...parseLimits(raw.LIMITS, problems),
    trustedProxies: list(raw.TRUSTED_PROXIES),
    federationPeers: list(raw.FEDERATION_PEERS),
    federationAllowPrivate: choice('FEDERATION_ALLOW_PRIVATE', ['true', 'false'], 'false') === 'true',
    registration: choice('REGISTRATION', ['open', 'closed'], 'open'),
    logLevel: choice('LOG_LEVEL', ['debug', 'info', 'warn', 'error', 'silent'], 'info'),
    storeWaitMs: number('STORE_WAIT_S', 60, 86_400) * 1000,
  }
}

const list = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

const parseLimits = (
  text: string | undefined,
  problems: string[],
): { readonly limits: Limits; readonly rates: Rates } => {
  const limits: Record<string, number> = { ...limitDefaults }
  const rates: Record<string, Rate | 'off'> = { ...rateDefaults }
  const done = (): { readonly limits: Limits; readonly rates: Rates } => ({
    limits: limits as Limits,
    rates: rates as Rates,
  })
  if (text === undefined) return done()
  if (text === 'off') {
    for (const name of Object.keys(rates)) rates[name] = 'off'
    return done()
  }
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch {
    given = undefined
  }
  if (typeof given !== 'object' || given === null) {
    problems.push('LIMITS must be off, or a JSON object over the names of limits and rates')
    return done()
  }
  for (const [name, value] of Object.entries(given) as [string, unknown][]) {
    if (Object.hasOwn(limitDefaults, name) && Number.isSafeInteger(value) && Number(value) >= 0)
      limits[name] = Number(value)
    else if (Object.hasOwn(rateDefaults, name) && isRate(value)) rates[name] = value
    else problems.push(`LIMITS: ${name} is not a limit, or its value is not one: ${JSON.stringify(value)}`)
  }
  return done()
}

const isRate = (value: unknown): value is Rate | 'off' =>
  value === 'off' ||
  (typeof value === 'object' &&
    value !== null &&
    'burst' in value &&
    'everyMs' in value &&
    [value.burst, value.everyMs].every((part) => typeof part === 'number' && part > 0))
