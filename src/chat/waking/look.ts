/** What woke this browser, as the client itself finds out: it reads its queues and leaves what came for the page to tell. */
import { indexedDbStore, openClient, type Client, type UserId } from '../../client/index.js'
import { decodeCard } from '../card.js'
import { database, lookAlone } from './alone.js'
import { newsIn, type News } from './news.js'

/** Runs with the client, in a service worker; undefined where a page has it, or nobody registered here. */
export const asClient = <T>(run: (client: Client, signal: AbortSignal) => Promise<T>): Promise<T | undefined> =>
  lookAlone(async (signal) => {
    const store = await indexedDbStore(database)
    try {
      const client = await openClient({ server: location.origin, store, patienceMs: 5_000, signal })
      try {
        return await run(client, signal)
      } finally {
        await client.close()
      }
    } finally {
      await store.close()
    }
  })

export const lookForNews = (): Promise<News | undefined> =>
  asClient(async (client, signal) => {
    // What was read by then is told, whatever became of the rest.
    await client
      .within(signal)
      .sync()
      .catch(() => undefined)
    const events = client.waiting()
    const names = new Map<UserId, string>()
    for (const event of events)
      if (event.type === 'message' && !names.has(event.from.user))
        names.set(event.from.user, await nameOf(client, event).catch(() => somebody))
    return newsIn(events, client.user, (user) => names.get(user) ?? somebody)
  })

const somebody = 'Somebody'

type Said = Extract<ReturnType<Client['waiting']>[number], { type: 'message' }>

/** As people call themselves, else by the handle that the group knows them by. */
const nameOf = async (client: Client, { from, group }: Said): Promise<string> => {
  const called = (await client.profileOf(from.user))?.name ?? from.handle
  if (called !== undefined) return called
  const data = (await client.group(group).profile())?.data
  return (data === undefined ? undefined : decodeCard(data))?.people[from.user] ?? somebody
}
