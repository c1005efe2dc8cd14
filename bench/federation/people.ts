/** People of the benchmark of two servers: real clients in real groups, whose tokens senders and readers of the benchmark use. */
import { type Client, createAccount, type Group, memoryStore } from '#src/client/index.js'
import type { QueueId } from '#src/mls/wire/ids.js'
import type { Server } from '../delivery/server.js'
import type { Hamlet, Town } from '../delivery/town.js'

export type Person = { readonly client: Client; readonly server: Server }

export const register = async (server: Server, handle: string): Promise<Person> => {
  const at = `http://${server.host}:${server.port}`
  return { server, client: await createAccount({ server: at, store: memoryStore(), handle }) }
}

/** A group of two, in which both are. */
export const groupOf = async (creator: Person, other: Person): Promise<Group> => {
  const group = await creator.client.createGroup()
  await group.invite(other.client.user)
  while (!other.client.groups().some(({ id }) => id === group.id)) await other.client.sync()
  return group
}

/** One who sends to a group, or reads what comes of it, as the benchmarks of delivery do. */
export type StandIn = { readonly town: Town; readonly hamlet: Hamlet }

/** To be asked for before anything is sent: what the benchmark sends, no client can read. */
export const standInOf = async ({ client }: Person, group: Group): Promise<StandIn> => {
  const { ofClient, ofQueues } = await tokensOf(client)
  const sender = { user: client.user, client: client.client }
  return {
    town: { hamlets: [], clientToken: () => ofClient, queueToken: (queue) => ofQueues.get(queue) ?? '' },
    hamlet: { group: group.id, epoch: group.epoch(), queues: [...ofQueues.keys()], sender },
  }
}

type Tokens = { readonly ofClient: string; readonly ofQueues: ReadonlyMap<QueueId, string> }

const pathOfQueue = /^\/v1\/queues\/([^/]+)\//

/** Those that the SDK uses, heard while it asks for its contacts and looks into its queues. */
const tokensOf = async (client: Client): Promise<Tokens> => {
  const real = globalThis.fetch
  let ofClient = ''
  const ofQueues = new Map<QueueId, string>()
  globalThis.fetch = async (input, init) => {
    const token = new Headers(init?.headers).get('authorization')?.slice('Bearer '.length)
    const { pathname } = new URL(input instanceof Request ? input.url : input)
    const queue = pathOfQueue.exec(pathname)?.[1]
    if (token !== undefined && queue !== undefined) ofQueues.set(decodeURIComponent(queue) as QueueId, token)
    if (token !== undefined && pathname === '/v1/contacts') ofClient = token
    return real(input, init)
  }
  try {
    await client.contacts()
    await client.sync()
  } finally {
    globalThis.fetch = real
  }
  return { ofClient, ofQueues }
}
