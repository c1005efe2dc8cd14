/** One client on the stage: it listens all the time, writes down what it reads, and can be waited for. */
import type { Client, ClientEvent, Group, Store } from '#src/client/index.js'
import type { GroupId, UserId } from '#src/mls/wire/ids.js'
import type { Transcript } from './transcript.js'

export type Actor = {
  readonly name: string
  readonly user: UserId
  readonly client: () => Client
  readonly group: () => Group
  readonly store: Store
  /** Resolves with the next event that fits, seen already or not; each is given out once. */
  readonly event: <E extends ClientEvent>(fits: (event: ClientEvent) => event is E) => Promise<E>
  readonly goOffline: () => void
  readonly goOnline: () => Promise<void>
  /** Ends the program, without the account. */
  readonly close: () => Promise<void>
  /** Starts the program again from its store. */
  readonly reopen: (open: () => Promise<Client>) => Promise<void>
}

export const is =
  <T extends ClientEvent['type']>(type: T) =>
  (event: ClientEvent): event is Extract<ClientEvent, { type: T }> =>
    event.type === type

const eventTimeoutMs = 30_000

/** `nameOf` tells the reader who a user is. */
export const newActor = (input: {
  readonly name: string
  readonly client: Client
  readonly store: Store
  readonly transcript: Transcript
  readonly nameOf: (user: UserId) => string
}): Actor => {
  const { name, store, transcript, nameOf } = input
  let { client } = input
  let group: GroupId | undefined
  let events: ClientEvent[] = []
  const watchers = new Set<() => void>()

  const listen = async (to: Client): Promise<void> => {
    for await (const event of to.events()) {
      if ('group' in event) group = event.group
      if (event.type === 'message') transcript.saw(name, nameOf(event.from.user), event.text)
      else events.push(event)
      for (const watch of watchers) watch()
    }
  }
  let listening = listen(client)

  return {
    name,
    user: client.user,
    store,
    client: () => client,
    group: () => {
      const id = group ?? client.groups()[0]?.id
      if (id === undefined) throw new Error(`${name} is in no group`)
      return client.group(id)
    },
    event: (fits) =>
      new Promise((resolve, reject) => {
        const watch = (): void => {
          const found = events.find(fits)
          if (found === undefined) return
          events = events.filter((event) => event !== found)
          clearTimeout(timer)
          watchers.delete(watch)
          resolve(found)
        }
        const timer = setTimeout(() => {
          watchers.delete(watch)
          const have = events.map(described).join(', ')
          reject(new Error(`${name} waited in vain; what came: ${have === '' ? 'nothing' : have}`))
        }, eventTimeoutMs)
        watchers.add(watch)
        watch()
      }),
    goOffline: () => {
      client.disconnect()
    },
    goOnline: () => client.connect(),
    close: async () => {
      await client.close()
      await listening
    },
    reopen: async (open) => {
      client = await open()
      listening = listen(client)
    },
  }
}

const described = (event: ClientEvent): string => ('reason' in event ? `${event.type} (${event.reason})` : event.type)
