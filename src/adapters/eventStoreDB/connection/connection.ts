/** The one client of the process, made from a connection string that is checked first. */
import { EventStoreDBClient } from '@eventstore/db-client'
import type { EndPoint } from '@eventstore/db-client'
import { readFileSync } from 'node:fs'
import { addressedClient, bare, endPointsIn } from './addressedClient.js'
import type { Endpoint } from './endpoint.js'

export type Connection = {
  readonly client: EventStoreDBClient
  /** Hosts and ports without credentials, for messages. */
  readonly host: string
  /** The first node that the URL names, to knock at. */
  readonly endpoint: Endpoint
}

const knownOptions = new Set(
  [
    'tls',
    'tlsCAFile',
    'tlsVerifyCert',
    'userCertFile',
    'userKeyFile',
    'connectionName',
    'defaultDeadline',
    'discoveryInterval',
    'gossipTimeout',
    'maxDiscoverAttempts',
    'nodePreference',
    'keepAliveInterval',
    'keepAliveTimeout',
  ].map((option) => option.toLowerCase()),
)

const defaultPort = 2113

/** esdb://user:password@host:port,host:port?option=value — the part before the last @ is never shown. */
const shape = /^esdb(\+discover)?:\/\/(?:([^@/]+)@)?([^@/?]+)\/?(?:\?(.*))?$/

/**
 * Connects lazily: nothing is sent before the first call. Credentials stand in the URL, because the client leaves
 * BatchAppend for slower unary appends when they are passed per call. Throws on a URL that is not understood: the client
 * itself would print it, password included, when it meets an option that it does not know.
 */
export const connect = (url: string): Connection => {
  const [, discover, credentials, host, query] = shape.exec(url.trim()) ?? []
  if (host === undefined) throw new Error('not an EventStoreDB URL (esdb://user:password@host:2113?tls=true)')
  const options = new URLSearchParams(query ?? '')
  const option = (name: string): string | undefined =>
    [...options].find(([key]) => key.toLowerCase() === name)?.[1].trim()
  for (const name of options.keys())
    if (!knownOptions.has(name.toLowerCase())) throw new Error(`the EventStoreDB URL has an unknown option: ${name}`)
  // The client says so with the whole URL, password included.
  if (option('tlsverifycert')?.toLowerCase() === 'false')
    throw new Error('tlsVerifyCert=false has no effect in the EventStoreDB client: name the CA file with tlsCAFile')
  const hosts = endPointsIn(host, defaultPort)
  try {
    if (hosts === undefined) throw new RangeError('not a list of hosts')
    const client = host.includes('[')
      ? addressedClient({ discover: discover !== undefined, credentials, hosts, option })
      : EventStoreDBClient.connectionString(url)
    return { client, host, endpoint: endpointOf(hosts, option) }
  } catch {
    throw new Error(`the EventStoreDB URL of ${host} is not understood, or a file that it names is missing`)
  }
}

const endpointOf = ([first]: readonly EndPoint[], option: (name: string) => string | undefined): Endpoint => {
  const authorities = option('tlscafile')
  return {
    host: bare(first?.address ?? ''),
    port: first?.port ?? defaultPort,
    tls: option('tls')?.toLowerCase() !== 'false',
    ...(authorities === undefined ? {} : { authorities: readFileSync(authorities) }),
  }
}
