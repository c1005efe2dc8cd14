/** The one client of the process, made from a connection string that is checked first. */
import { EventStoreDBClient } from '@eventstore/db-client'

export type Connection = {
  readonly client: EventStoreDBClient
  /** Hosts and ports without credentials, for messages. */
  readonly host: string
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

/** esdb://user:password@host:port,host:port?option=value — the part before the last @ is never shown. */
const shape = /^esdb(?:\+discover)?:\/\/(?:[^@/]+@)?([^@/?]+)\/?(?:\?(.*))?$/

/**
 * Connects lazily: nothing is sent before the first call. Credentials stand in the URL, because the client leaves
 * BatchAppend for slower unary appends when they are passed per call. Throws on a URL that is not understood: the client
 * itself would print it, password included, when it meets an option that it does not know.
 */
export const connect = (url: string): Connection => {
  const [, host, query] = shape.exec(url.trim()) ?? []
  if (host === undefined) throw new Error('not an EventStoreDB URL (esdb://user:password@host:2113?tls=true)')
  for (const option of (query ?? '').split('&')) {
    const name = option.split('=', 1)[0] ?? ''
    if (option !== '' && !knownOptions.has(name.toLowerCase()))
      throw new Error(`the EventStoreDB URL has an unknown option: ${name}`)
    // The client ignores it, and says so with the whole URL.
    if (/^tlsVerifyCert=\s*false\s*$/i.test(option))
      throw new Error('tlsVerifyCert=false has no effect in the EventStoreDB client: name the authority by tlsCAFile')
  }
  if (host.includes('['))
    throw new Error(
      `the EventStoreDB client takes no IPv6 address (${host}): give the host a name, in DNS or /etc/hosts`,
    )
  try {
    return { client: EventStoreDBClient.connectionString(url), host }
  } catch {
    throw new Error(`the EventStoreDB URL of ${host} is not understood, or a file that it names is missing`)
  }
}
