/** A server process and people with clients, for the scenarios: real HTTP, real websockets, real MLS. */
import { randomBytes } from 'node:crypto'
import {
  type Client,
  type ClientEvent,
  completeLink,
  createAccount,
  type Group,
  memoryStore,
  openClient,
  type Options,
  requestLink,
  type Store,
} from '#src/client/index.js'
import { type Kept, keptIn } from '../support/kept.js'
import { startClusterAsServer } from '../support/startCluster.js'
import { type RunningServer, type ServerSettings, startServer } from '../support/startServer.js'

export type House = {
  readonly server: RunningServer
  readonly kept: Kept
  /** A new user with one client. */
  readonly register: (handle: string) => Promise<Player>
  /** Another client of the same user. */
  readonly link: (other: Player) => Promise<Player>
  readonly close: () => Promise<void>
}

export type Player = {
  readonly client: Client
  readonly store: Store
  readonly handle: string
  /** Events taken so far, in order; `until` takes more. */
  readonly events: ClientEvent[]
  /** The texts among them. */
  readonly texts: () => readonly string[]
  /** Fetches until something fits: the other side of the server is a moment behind. */
  readonly until: <T>(look: () => T | undefined | false | Promise<T | undefined | false>) => Promise<T>
  readonly untilText: (text: string) => Promise<void>
  readonly untilEvent: <T extends ClientEvent['type']>(type: T) => Promise<Extract<ClientEvent, { type: T }>>
  /** Looks at the store until it holds something. */
  readonly untilStored: (look: (store: Store) => Promise<boolean>) => Promise<void>
  /** Stops the client and starts it again from its store, or from another. */
  readonly restart: (store?: Store, options?: Pick<Options, 'openFile' | 'patienceMs'>) => Promise<Player>
}

/** Less than mocha's, which could not say what was waited for. */
const waitMs = 100_000

/** With SCENARIOS_MONGOD the scenarios run on two processes on the production stores: half of the people begin at each. */
const open = async (
  settings: ServerSettings,
): Promise<Pick<House, 'server' | 'kept'> & { begin: () => string | readonly string[] }> => {
  const mongod = process.env['SCENARIOS_MONGOD']
  if (mongod === undefined) {
    const server = await startServer(settings)
    return { server, kept: keptIn(server.dataDir), begin: () => server.url }
  }
  const { server, urls, kept } = await startClusterAsServer(mongod, settings)
  let next = 0
  return { server, kept, begin: () => (next++ % 2 === 0 ? urls : urls.toReversed()) }
}

/** `patienceMs`: how long people try again while their server is away; long enough for a restart on a busy machine. */
export const openHouse = async (settings: ServerSettings = {}, patienceMs = 60_000): Promise<House> => {
  const { server, kept, begin: address } = await open(settings)
  const begin = (server = address()) => ({ server, patienceMs })
  const players: Player[] = []
  const places = new Map<Player, ReturnType<typeof begin>>()
  const tag = randomBytes(4).toString('hex')

  /** `at`: whom it asks first. An approval is for the process that its giver asks, which without PUBLIC_URL has a name of its own. */
  const playerOf = (client: Client, store: Store, handle: string, at: ReturnType<typeof begin>): Player => {
    const events: ClientEvent[] = []
    const until: Player['until'] = async (look) => {
      const deadline = Date.now() + waitMs
      for (let pause = 5; ; pause = Math.min(pause * 2, 200)) {
        events.push(...(await client.take()))
        const found = await look()
        if (found !== undefined && found !== false) return found
        if (Date.now() > deadline) throw new Error(`${handle} waited in vain; events: ${describe(events)}`)
        await client.sync()
        events.push(...(await client.take()))
        const afterSync = await look()
        if (afterSync !== undefined && afterSync !== false) return afterSync
        await new Promise((resolve) => setTimeout(resolve, pause))
      }
    }
    const texts = (): readonly string[] => events.flatMap((event) => (event.type === 'message' ? [event.text] : []))
    const player: Player = {
      client,
      store,
      handle,
      events,
      texts,
      until,
      untilText: async (text) => {
        await until(() => texts().includes(text))
      },
      untilEvent: async (type) => {
        const isWanted = (event: ClientEvent): boolean => event.type === type
        const event = await until(() => events.find(isWanted))
        return event as Extract<ClientEvent, { type: typeof type }>
      },
      untilStored: async (look) => {
        const deadline = Date.now() + waitMs
        while (!(await look(store))) {
          if (Date.now() > deadline) throw new Error(`${handle} never stored it`)
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      },
      restart: async (other = store, options = {}) => {
        await client.close()
        const there = begin()
        return playerOf(await openClient({ ...there, ...options, store: other }), other, handle, there)
      },
    }
    players.push(player)
    places.set(player, at)
    return player
  }

  return {
    server,
    kept,
    register: async (name) => {
      const handle = `${name}-${tag}`
      const store = memoryStore()
      const there = begin()
      return playerOf(await createAccount({ ...there, handle, store }), store, handle, there)
    },
    link: async (other) => {
      const store = memoryStore()
      const there = places.get(other) ?? begin()
      const request = await requestLink({ ...there, store, user: other.client.user })
      const approval = await other.client.approveLink(request)
      return playerOf(await completeLink({ ...there, store, approval }), store, `${other.handle} too`, there)
    },
    close: async () => {
      for (const { client } of players) await client.close()
      await server.stop()
    },
  }
}

/** A group of these, the first its creator; everybody has joined. */
export const groupOf = async (creator: Player, ...others: readonly Player[]): Promise<Group> => {
  const group = await creator.client.createGroup()
  const users = new Set(others.map(({ client }) => client.user))
  if (users.size > 0) await group.invite(...users)
  for (const other of others) await other.until(() => other.client.groups().some(({ id }) => id === group.id))
  return group
}

/** The same group as another member has it. */
export const groupAt = ({ client }: Player, { id }: Group): Group => client.group(id)

/** Waits until two members are at the same epoch: what is sent before is not for who came (back) after. */
export const inStep = async (one: Player, other: Player, group: Group): Promise<void> => {
  await one.until(() => groupAt(one, group).epoch() === groupAt(other, group).epoch())
}

export const resyncedIn = async (player: Player, { id }: Group): Promise<void> => {
  await player.until(() => player.events.some((event) => event.type === 'resynced' && event.group === id))
}

const describe = (events: readonly ClientEvent[]): string =>
  events.map((event) => (event.type === 'message' ? `message “${event.text}”` : event.type)).join(', ')

/** Which of these stand somewhere in what a house keeps. */
export const traces = async ({ kept }: House, sought: readonly (string | Uint8Array)[]): Promise<readonly string[]> => {
  const found: string[] = []
  for await (const { name, bytes } of kept.pieces())
    for (const one of sought)
      if (Buffer.from(bytes).includes(Buffer.from(one))) found.push(`${name}: ${String(one).slice(0, 20)}`)
  return found
}

/** Every key of a store, as another store: a backup. */
export const copyOf = async (store: Store): Promise<Store> => {
  const copy = memoryStore()
  const changes = await Promise.all((await store.keys('')).map(async (key) => ({ key, value: await store.get(key) })))
  await copy.write(changes)
  return copy
}
