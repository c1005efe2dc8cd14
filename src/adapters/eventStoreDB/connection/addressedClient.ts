/** The client of hosts among which one is an IPv6 address: the client's own reader of URLs takes none, its parts do. */
import { EventStoreDBClient, FOLLOWER, LEADER, RANDOM, READ_ONLY_REPLICA } from '@eventstore/db-client'
import type { Credentials, EndPoint } from '@eventstore/db-client'
import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'

/** Of a URL whose options are known ones: `option` reads one by its name in lower case. */
export type ClientParts = {
  /** Whether the one host names all nodes of a cluster. */
  readonly discover: boolean
  /** `user:password`, each percent-encoded. */
  readonly credentials: string | undefined
  readonly hosts: readonly EndPoint[]
  readonly option: (name: string) => string | undefined
}

const nodePreferences = {
  leader: LEADER,
  follower: FOLLOWER,
  readonlyreplica: READ_ONLY_REPLICA,
  random: RANDOM,
} as const

/** The same as the client makes of a URL. Throws on a value that is not understood, or a file that is missing. */
export const addressedClient = ({ discover, credentials, hosts, option }: ClientParts): EventStoreDBClient => {
  const common = given({
    keepAliveInterval: wholeNumber(option('keepaliveinterval')),
    keepAliveTimeout: wholeNumber(option('keepalivetimeout')),
    defaultDeadline: wholeNumber(option('defaultdeadline')),
    connectionName: option('connectionname'),
  })
  const discovery = given({
    maxDiscoverAttempts: wholeNumber(option('maxdiscoverattempts')),
    discoveryInterval: wholeNumber(option('discoveryinterval')),
    gossipTimeout: wholeNumber(option('gossiptimeout')),
    nodePreference: oneOf(nodePreferences, option('nodepreference')?.toLowerCase().replaceAll(/[_-]/g, '')),
  })
  const [tls, known] = [channelOf(option), credentialsOf(credentials)]
  const [first, ...others] = hosts
  if (first === undefined) throw new RangeError('no host')
  if (discover) return new EventStoreDBClient({ ...common, ...discovery, discover: first }, tls, known)
  if (others.length > 0) return new EventStoreDBClient({ ...common, ...discovery, endpoints: [...hosts] }, tls, known)
  return new EventStoreDBClient({ ...common, endpoint: first }, tls, known)
}

/** `host`, `host:port` or `[address]:port`, each; undefined where one is none of these. */
export const endPointsIn = (hosts: string, portElse: number): readonly EndPoint[] | undefined => {
  const found = hosts.split(',').map((host) => endPointIn(host.trim(), portElse))
  return found.includes(undefined) ? undefined : (found as readonly EndPoint[])
}

const endPointIn = (text: string, portElse: number): EndPoint | undefined => {
  const [, address, port] = /^(\[[^[\]]+\]|[^[\]:]+)(?::(\d{1,5}))?$/.exec(text) ?? []
  if (address === undefined || (address.startsWith('[') && !isIPv6(bare(address)))) return undefined
  return { address, port: port === undefined ? portElse : Number(port) }
}

/** An address without its brackets, as node takes it. */
export const bare = (address: string): string => address.replaceAll(/[[\]]/g, '')

const channelOf = (option: ClientParts['option']) => {
  if (oneOf({ true: true, false: false }, option('tls')?.toLowerCase()) === false) return { insecure: true }
  return given({
    rootCertificate: fileIn(option('tlscafile')),
    userCertFile: fileIn(option('usercertfile')),
    userKeyFile: fileIn(option('userkeyfile')),
  })
}

const fileIn = (path: string | undefined): Buffer | undefined => (path === undefined ? undefined : readFileSync(path))

const credentialsOf = (text: string | undefined): Credentials | undefined => {
  const [username, password] = (text ?? '').split(':').map(decodeURIComponent)
  return username === undefined || password === undefined ? undefined : { username, password }
}

const wholeNumber = (text: string | undefined): number | undefined => {
  if (text !== undefined && !/^-?\d+$/.test(text)) throw new RangeError('not a number')
  return text === undefined ? undefined : Number(text)
}

const oneOf = <Value>(values: Readonly<Record<string, Value>>, name: string | undefined): Value | undefined => {
  if (name !== undefined && !Object.hasOwn(values, name)) throw new RangeError('not a value of the option')
  return name === undefined ? undefined : values[name]
}

type Given<Options> = { [Name in keyof Options]?: Exclude<Options[Name], undefined> }

/** Without what the URL does not say, for which the client has its own. */
const given = <Options extends object>(options: Options): Given<Options> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<Options>
