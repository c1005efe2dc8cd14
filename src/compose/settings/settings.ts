/** Every setting, once: names, defaults, checks, the help, README's table and the problems of a start come from here. */
import { proxyHeaders } from '../../api/http/address/trustedProxies.js'
import { limitsSetting } from './limitsSetting.js'
import {
  anyText,
  bucketName,
  domain,
  hostNames,
  objectPrefix,
  oneOf,
  operatorToken,
  path,
  peers,
  proxies,
  publicUrl,
  storeUrl,
  wholeNumber,
} from './settingReaders.js'
import type { Reader } from './settingReaders.js'

export type Setting<T = unknown> = {
  /** What stands for the value in the help. */
  readonly value: string
  /** Read where nothing is given. */
  readonly default?: string
  /** What holds where nothing is given and there is no default: words for people. */
  readonly otherwise?: string
  readonly help: string
  readonly read: Reader<T>
}

/** Each by its environment name, which is its key in a file; the flag of `DATA_DIR` is `--data-dir`. */
export const settings = {
  HOST: { value: 'ADDRESS', default: '127.0.0.1', help: 'address to listen on', read: anyText },
  PORT: { value: 'PORT', default: '8080', help: 'port to listen on; 0 takes any free one', read: wholeNumber(65_535) },
  PUBLIC_URL: {
    value: 'URL',
    otherwise: 'from HOST and PORT; on 0.0.0.0 what each request names as Host',
    help: 'how clients reach the server: the audience of their assertions',
    read: publicUrl,
  },
  TLS_CERT: {
    value: 'FILE',
    otherwise: 'no TLS',
    help: 'certificate chain in PEM, to speak TLS without a proxy; read again when it changes',
    read: path,
  },
  TLS_KEY: { value: 'FILE', otherwise: 'no TLS', help: 'the private key of TLS_CERT, in PEM', read: path },
  DOMAIN: { value: 'NAME', default: 'localhost', help: 'the name in every id, fixed by the first start', read: domain },
  DATA_DIR: { value: 'DIRECTORY', default: './data', help: 'the embedded stores; one server at a time', read: path },
  KEYS_DIR: {
    value: 'DIRECTORY',
    otherwise: 'DATA_DIR/keys',
    help: 'server keys and subject keys: back them up apart from the log',
    read: path,
  },
  EVENTSTORE_URL: {
    value: 'URL',
    otherwise: 'the embedded log',
    help: 'EventStoreDB for the log (esdb://…)',
    read: storeUrl('esdb://', 'esdb+discover://'),
  },
  MONGODB_URL: {
    value: 'URL',
    otherwise: 'embedded read models',
    help: 'MongoDB for everything else (mongodb://…)',
    read: storeUrl('mongodb://', 'mongodb+srv://'),
  },
  INTERNAL_URL: {
    value: 'URL',
    otherwise: 'it hears no signals of other processes',
    help: 'how the other processes of this server reach this one; port 0 is the one it listens on',
    read: storeUrl('http://', 'https://'),
  },
  S3_BUCKET: {
    value: 'NAME',
    otherwise: 'assets stand with the blobs',
    help: 'S3 bucket for the bytes of assets; needs a package that a start names',
    read: bucketName,
  },
  S3_ENDPOINT: {
    value: 'URL',
    otherwise: "Amazon's",
    help: 'the server that speaks S3',
    read: storeUrl('https://', 'http://'),
  },
  S3_REGION: { value: 'NAME', default: 'us-east-1', help: 'the region of the bucket', read: anyText },
  S3_ACCESS_KEY_ID: {
    value: 'ID',
    otherwise: 'what the SDK of AWS finds',
    help: 'who may list, read, write and delete objects in the bucket',
    read: anyText,
  },
  S3_SECRET_ACCESS_KEY: {
    value: 'SECRET',
    otherwise: 'what the SDK of AWS finds',
    help: 'the secret of S3_ACCESS_KEY_ID: better in the environment than in a flag',
    read: anyText,
  },
  S3_PREFIX: {
    value: 'PREFIX',
    default: 'assets',
    help: 'before the key of every object: one bucket may serve several servers',
    read: objectPrefix,
  },
  S3_PATH_STYLE: {
    value: 'on|off',
    otherwise: 'on where S3_ENDPOINT is set',
    help: 'name the bucket in the path of a URL, and not in its host',
    read: oneOf('on', 'off'),
  },
  STORE_WAIT_S: {
    value: 'SECONDS',
    default: '60',
    help: 'how long a start waits for the stores',
    read: wholeNumber(86_400),
  },
  READ_ONLY_EXIT_S: {
    value: 'SECONDS',
    otherwise: 'it stays, and `/readyz` is 503',
    help: 'how long after the embedded log has failed for good the process ends with 74',
    read: wholeNumber(86_400),
  },
  LOG_GONE: {
    value: 'refuse|begin',
    default: 'refuse',
    help: 'begin: where the log is empty, and the keys are those of a log that was begun, begin a new one all the same',
    read: oneOf('refuse', 'begin'),
  },
  ROLLBACK_WAIT_S: {
    value: 'SECONDS',
    default: '10',
    help: 'how long a start looks at an EventStoreDB that is behind its read models before it refuses',
    read: wholeNumber(3_600),
  },
  CLOCK_LEAP_DAYS: {
    value: 'DAYS',
    default: '7',
    help: 'further past the newest event a start does not believe its clock, and nothing expires',
    read: wholeNumber(36_500),
  },
  CLOCK_URL: {
    value: 'URL',
    otherwise: 'MongoDB, where there is one',
    help: 'https URL whose `Date` header is a second clock',
    read: storeUrl('https://'),
  },
  PUSH_HOSTS: {
    value: 'NAMES',
    otherwise: 'none: push servers are public, on port 443',
    help: 'names, or NAME:PORT, of UnifiedPush servers in the own network, by commas',
    read: hostNames,
  },
  OPERATOR_TOKEN: {
    value: 'TOKEN',
    otherwise: 'made at the first start',
    help: 'the first operator token, in role admin: opens `/v1/operator`, and `/metrics` from afar',
    read: operatorToken,
  },
  OPERATOR_HOST: {
    value: 'ADDRESS',
    default: '127.0.0.1',
    help: 'address on which operators are listened to; with TLS_CERT over TLS where it is not loopback',
    read: anyText,
  },
  OPERATOR_PORT: {
    value: 'PORT',
    default: '0',
    help: 'port of `/v1/operator` and `/v1/audit`; 0 takes any free one, which `ready.json` names',
    read: wholeNumber(65_535),
  },
  OPERATOR_ON_MAIN_PORT: {
    value: 'on|off',
    default: 'off',
    help: 'on: they are on the main port as well',
    read: oneOf('on', 'off'),
  },
  METRICS_PORT: {
    value: 'PORT',
    otherwise: 'the main port',
    help: 'a port of its own for `/metrics`, open to whoever reaches it',
    read: wholeNumber(65_535),
  },
  REGISTRATION: {
    value: 'open|closed|invitation',
    default: 'open',
    help: 'who registers until an operator says otherwise (closed: nobody; invitation: who was invited); who has an account can add clients to it all the same',
    read: oneOf('open', 'closed', 'invitation'),
  },
  FEDERATION: {
    value: 'off|allow|open',
    default: 'off',
    help: 'who among other servers may ask: allow: those in FEDERATION_PEERS, and those that an operator allows; open: all but those that an operator blocks. Groups are shared with them (docs/federation.md says what of it is there)',
    read: oneOf('off', 'allow', 'open'),
  },
  FEDERATION_PEERS: {
    value: 'DOMAINS',
    otherwise: 'none',
    help: 'domains by commas that are allowed and known; b.example=http://127.0.0.1:9002 where one is asked there, by plain http and at any address',
    read: peers,
  },
  FEDERATION_CERT: {
    value: 'FILE',
    otherwise: 'none is shown',
    help: 'certificate chain in PEM that other servers are shown where they ask for one; it names DOMAIN',
    read: path,
  },
  FEDERATION_KEY: { value: 'FILE', otherwise: 'none', help: 'the private key of FEDERATION_CERT, in PEM', read: path },
  FEDERATION_CA: {
    value: 'FILE',
    otherwise: 'public ones',
    help: 'authorities in PEM that other servers are believed by as well, and by which they are let in at FEDERATION_PORT',
    read: path,
  },
  FEDERATION_PORT: {
    value: 'PORT',
    otherwise: 'the main port',
    help: 'a port of TLS at which other servers ask, who show a certificate of FEDERATION_CA that names their domain; the directory stays on the main port too',
    read: wholeNumber(65_535),
  },
  FEDERATION_URL: {
    value: 'URL',
    otherwise: 'PUBLIC_URL',
    help: 'how other servers reach FEDERATION_PORT',
    read: publicUrl,
  },
  CHAT: {
    value: 'on|off',
    otherwise: 'on for who sits at this machine, where HOST and PUBLIC_URL are loopback',
    help: 'a demonstration at `/chat`: served by the very server that it talks to, so for trying; on: for everybody, who need https',
    read: oneOf('on', 'off'),
  },
  LIMITS: {
    value: 'JSON',
    default: '{}',
    help: 'JSON over the names in `src/limits/limits.ts`, or off (no rate limits: tests, benchmarks)',
    read: limitsSetting,
  },
  TRUSTED_PROXIES: {
    value: 'ADDRESSES',
    otherwise: 'none',
    help: 'addresses and networks of the proxies in front, by commas; with any, idle connections are kept for 75 s',
    read: proxies,
  },
  TRUSTED_PROXY_HEADER: {
    value: proxyHeaders.join('|'),
    default: 'x-forwarded-for',
    help: 'the one header in which they say whom they ask for, or forwarded',
    read: (text) => oneOf(...proxyHeaders)(text.toLowerCase()),
  },
  LOG_LEVEL: {
    value: 'LEVEL',
    default: 'info',
    help: 'debug, info, warn, error or silent: JSON lines on stderr',
    read: oneOf('debug', 'info', 'warn', 'error', 'silent'),
  },
} as const satisfies { readonly [name: string]: Setting }

export type SettingName = keyof typeof settings
export const settingNames = Object.keys(settings) as readonly SettingName[]

/** What a setting is where it is given or has a default. */
type Given<Name extends SettingName> = (typeof settings)[Name] extends { read: Reader<infer T> } ? T : never
export type Values = {
  readonly [Name in SettingName]:
    Given<Name> | ((typeof settings)[Name] extends { default: string } ? never : undefined)
}

export const flagOf = (name: string): string => name.toLowerCase().replaceAll('_', '-')
