/** File, environment and flags, parsed once into a frozen Config; or every problem at once. */
import { join } from 'node:path'
import type { Arguments, RawSettings } from './arguments.js'
import { readConfigFile } from './configFile.js'
import { misspelt } from './misspelt.js'
import { s3Of, s3Problems } from './s3Settings.js'
import { settingNames, settings } from './settings.js'
import type { Setting, SettingName, Values } from './settings.js'
import type { S3Settings } from '../../adapters/s3/connection.js'
import { isLoopbackName } from '../../api/http/address/local.js'
import type { TrustedProxies } from '../../api/http/address/trustedProxies.js'
import type { ChatFor } from '../../api/operations/chat.js'
import { limitDefaults, ratesWith } from '../../limits/limits.js'
import type { RegistrationMode } from '../../events/operators.js'
import type { Limits, Rates } from '../../limits/limits.js'
import type { Domain } from '../../mls/wire/ids.js'

export type Tls = { readonly certFile: string; readonly keyFile: string }

/** `peers`: domains that are allowed, each with the origin where it is asked, if it is not looked for. */
export type FederationConfig = {
  readonly mode: 'off' | 'allow' | 'open'
  readonly peers: ReadonlyMap<Domain, string | undefined>
  /** What other servers are shown; undefined: nothing. */
  readonly tls?: Tls
  /** Whom other servers are believed by, beside public authorities. */
  readonly caFile?: string
  /** Where they ask who show a certificate; undefined: on the main port, without. */
  readonly door?: { readonly port: number; readonly url: string }
}

export type Config = {
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** Where metrics are open to everybody; undefined: on the main port, to loopback and the operator. */
  readonly metricsPort: number | undefined
  readonly dataDir: string
  readonly domain: Domain
  /** Without a slash at the end. Undefined: made from the address the server listens on. */
  readonly publicUrl: string | undefined
  /** Undefined: whoever stands before the server speaks TLS, or nobody does. */
  readonly tls: Tls | undefined
  readonly eventStoreUrl: string | undefined
  readonly mongoUrl: string | undefined
  /** How other processes of this server reach this one. Undefined: they do not. */
  readonly internalUrl: string | undefined
  /** Undefined: the bytes of assets stand where blobs do. */
  readonly s3: S3Settings | undefined
  readonly keysDir: string
  readonly operatorToken: string | undefined
  /** Where operators are listened to. */
  readonly operators: {
    readonly host: string
    /** 0 for any free port. */
    readonly port: number
    readonly onMainPort: boolean
  }
  readonly limits: Limits
  readonly rates: Rates
  readonly trustedProxies: TrustedProxies
  /** Who may register until an operator says otherwise; those who have an account can add clients to it all the same. */
  readonly registration: RegistrationMode
  readonly federation: FederationConfig
  /** Whom the chat page is for. */
  readonly chatFor: ChatFor
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  readonly storeWaitMs: number
  /** How long a process stays whose log takes no more writes, ms; undefined: until it is told to stop. */
  readonly readOnlyExitMs: number | undefined
  /** Whether a new log may be begun with keys that had one. */
  readonly logGone: 'refuse' | 'begin'
  /** From the first to the last look at a log that is behind its read models. */
  readonly rollbackWaitMs: number
  /** A clock further past the newest event than this is not believed at a start, ms. */
  readonly clockLeapMsMax: number
  /** A URL whose answers' Date header is a second clock. */
  readonly clockUrl: string | undefined
  /** Names, with a port where it is not 443, of push servers that may stand in a private network. */
  readonly pushHosts: readonly string[]
}

/** `warnings`: what is no mistake for certain, and would not have been noticed. */
export type ConfigRead =
  { readonly config: Config; readonly warnings: readonly string[] } | { readonly problems: readonly string[] }

/** Flags win over the environment, the environment over the file named by `--config`. */
export const readConfig = (given: Arguments, environment: NodeJS.ProcessEnv): ConfigRead => {
  const file = given.file === undefined ? { settings: {}, problems: [] } : readConfigFile(given.file)
  const { values, problems } = readValues({ ...file.settings, ...settingsIn(environment), ...given.settings })
  const together = [...tlsProblems(values), ...s3Problems(values), ...federationProblems(values)]
  const all = [...given.problems, ...file.problems, ...problems, ...together]
  if (all.length > 0) return { problems: all }
  return { config: Object.freeze(configOf(values as Values)), warnings: misspeltIn(environment) }
}

/** An empty variable is none. */
const settingsIn = (environment: NodeJS.ProcessEnv): RawSettings =>
  Object.fromEntries(
    settingNames.flatMap((name) => {
      const value = environment[name]
      return value === undefined || value === '' ? [] : [[name, value]]
    }),
  )

const misspeltIn = (environment: NodeJS.ProcessEnv): readonly string[] =>
  Object.keys(environment).flatMap((name) => {
    const near = misspelt(name, settingNames)
    return near === undefined ? [] : [`${name} in the environment is not a setting: is ${near} meant?`]
  })

type ValuesRead = { readonly values: Partial<Values>; readonly problems: readonly string[] }

const readValues = (raw: RawSettings): ValuesRead => {
  const values: Partial<Record<SettingName, unknown>> = {}
  const problems: string[] = []
  for (const name of settingNames) {
    const setting: Setting = settings[name]
    const text = raw[name] ?? setting.default
    if (text === undefined) continue
    const read = setting.read(text)
    if ('value' in read) values[name] = read.value
    else problems.push(...read.wrong.map((wrong) => `${name} ${wrong}`))
  }
  return { values: values as Partial<Values>, problems }
}

const tlsProblems = (values: Partial<Values>): readonly string[] =>
  (
    [
      ['TLS_CERT', 'TLS_KEY'],
      ['FEDERATION_CERT', 'FEDERATION_KEY'],
    ] as const
  ).flatMap(([cert, key]) =>
    (values[cert] === undefined) === (values[key] === undefined)
      ? []
      : [`${cert} and ${key} are set together, or neither`],
  )

/** Other servers sign for the name by which they ask, and for the whole path: nothing before us may change either. */
const federationProblems = ({
  FEDERATION: mode,
  FEDERATION_PEERS: peers,
  PUBLIC_URL: url,
  HOST: host = '',
  ...values
}: Partial<Values>): readonly string[] => {
  if (mode === undefined) return []
  if (mode === 'off')
    return Object.entries({ FEDERATION_PEERS: peers, ...values }).flatMap(([name, value]) =>
      name.startsWith('FEDERATION_') && value !== undefined ? [`${name} is set, and FEDERATION is off`] : [],
    )
  const ofDoor = peersDoorProblems(values)
  if (ofDoor.length > 0) return ofDoor
  if (url === undefined)
    return isLoopbackName(host) ? [] : ['FEDERATION needs PUBLIC_URL: it tells other servers where this one is']
  return new URL(url).origin === url ? [] : ['FEDERATION needs a PUBLIC_URL without a path']
}

/** Whoever is let in by a certificate is asked for one in a handshake of ours, and finds the port by what the directory says. */
const peersDoorProblems = (values: Partial<Values>): readonly string[] => {
  const { FEDERATION_PORT: port, FEDERATION_URL: url } = values
  if (port === undefined) return url === undefined ? [] : ['FEDERATION_URL is set, and FEDERATION_PORT is not']
  const needed = ['TLS_CERT', 'FEDERATION_CA', 'FEDERATION_URL'] as const
  const missing = needed.filter((name) => values[name] === undefined)
  if (missing.length > 0) return missing.map((name) => `FEDERATION_PORT needs ${name}`)
  return url?.startsWith('https://') === true && new URL(url).origin === url
    ? []
    : ['FEDERATION_URL is https, without a path']
}

/** Longer than balancers keep idle connections (60 s is usual), so that none sends a request into one that we close. */
const keepAliveBehindProxyMs = 75_000

const configOf = (values: Values): Config => {
  const { TLS_CERT: certFile, TLS_KEY: keyFile, LIMITS: changed, TRUSTED_PROXIES: addresses } = values
  const behindProxy = addresses !== undefined ? { keepAliveTimeoutMs: keepAliveBehindProxyMs } : {}
  return {
    host: values.HOST,
    port: values.PORT,
    metricsPort: values.METRICS_PORT,
    dataDir: values.DATA_DIR,
    domain: values.DOMAIN,
    publicUrl: values.PUBLIC_URL,
    tls: certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile },
    eventStoreUrl: values.EVENTSTORE_URL,
    mongoUrl: values.MONGODB_URL,
    internalUrl: values.INTERNAL_URL,
    s3: s3Of(values),
    keysDir: values.KEYS_DIR ?? join(values.DATA_DIR, 'keys'),
    operatorToken: values.OPERATOR_TOKEN,
    operators: {
      host: values.OPERATOR_HOST,
      port: values.OPERATOR_PORT,
      onMainPort: values.OPERATOR_ON_MAIN_PORT === 'on',
    },
    limits: { ...limitDefaults, ...behindProxy, ...changed.limits },
    rates: ratesWith(changed.rates),
    trustedProxies: { addresses, header: values.TRUSTED_PROXY_HEADER },
    registration: values.REGISTRATION,
    federation: federationOf(values),
    chatFor: chatForWhom(values),
    logLevel: values.LOG_LEVEL,
    storeWaitMs: values.STORE_WAIT_S * 1000,
    readOnlyExitMs: values.READ_ONLY_EXIT_S === undefined ? undefined : values.READ_ONLY_EXIT_S * 1000,
    logGone: values.LOG_GONE,
    rollbackWaitMs: values.ROLLBACK_WAIT_S * 1000,
    clockLeapMsMax: values.CLOCK_LEAP_DAYS * 24 * 60 * 60 * 1000,
    clockUrl: values.CLOCK_URL,
    pushHosts: values.PUSH_HOSTS ?? [],
  }
}

const federationOf = (values: Values): FederationConfig => {
  const { FEDERATION_CERT: certFile, FEDERATION_KEY: keyFile, FEDERATION_PORT: port, FEDERATION_URL: url } = values
  return {
    mode: values.FEDERATION,
    peers: values.FEDERATION_PEERS ?? new Map<Domain, string | undefined>(),
    ...(certFile === undefined || keyFile === undefined ? {} : { tls: { certFile, keyFile } }),
    ...(values.FEDERATION_CA === undefined ? {} : { caFile: values.FEDERATION_CA }),
    ...(port === undefined || url === undefined ? {} : { door: { port, url } }),
  }
}

/** A server that others can reach does not serve a page that asks them to trust it, unless its operator says so. */
const chatForWhom = ({ CHAT: wish, HOST: host, PUBLIC_URL: publicUrl }: Values): ChatFor => {
  if (wish === 'on') return 'everybody'
  const isHere = isLoopbackName(host) && (publicUrl === undefined || isLoopbackName(new URL(publicUrl).hostname))
  return wish === undefined && isHere ? 'local' : 'nobody'
}
