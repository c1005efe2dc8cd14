/** Where the actors meet: it lets them in, lets them speak, and knows who should hear it. */
import {
  type Client,
  completeLink,
  createAccount,
  memoryStore,
  openClient,
  requestLink,
  type Store,
} from '#src/client/index.js'
import type { UserId } from '#src/mls/wire/ids.js'
import { type Actor, newActor } from './actor.js'
import type { Capture } from './federation/capture.js'
import type { Transcript } from './transcript.js'

/** Where somebody is at home: addresses of one server; its domain where there are several; how long people there try again. */
export type Home = {
  readonly servers: readonly string[]
  readonly domain?: string
  readonly patienceMs?: number
}

export type Stage = {
  readonly enter: (name: string, handle: string, home?: Home) => Promise<Actor>
  /** Another client of the actor's user, approved by it. */
  readonly enterBeside: (name: string, other: Actor) => Promise<Actor>
  readonly reopen: (actor: Actor) => Promise<void>
  /** Says it, and waits until everybody who is online has read it. */
  readonly say: (by: Actor, text: string) => Promise<void>
  /** Who is in the group, and of these who is online. */
  readonly members: Set<Actor>
  readonly online: Set<Actor>
  readonly closeAll: () => Promise<void>
}

/** How what is done by whom is told apart; see federation/capture.ts. */
type Owning = Pick<Capture, 'as' | 'own'>
const unseen: Owning = { as: (_, act) => act(), own: (_, target) => target }

/** `home`: of those who name no other. */
export const openStage = (home: Home, transcript: Transcript, { as, own }: Owning = unseen): Stage => {
  const names = new Map<UserId, string>()
  const actors: Actor[] = []
  const members = new Set<Actor>()
  const online = new Set<Actor>()
  const nameOf = (user: UserId): string => names.get(user) ?? user

  const begin = async (name: string, store: Store, client: Client): Promise<Actor> => {
    const actor = as(name, () => newActor({ name, client: own(name, client), store, transcript, nameOf }))
    actors.push(actor)
    await actor.goOnline()
    online.add(actor)
    return actor
  }

  return {
    members,
    online,
    enter: async (name, handle, { servers, domain, ...patience } = home) => {
      const store = memoryStore()
      const client = await as(name, () => createAccount({ server: servers, handle, store, ...patience }))
      names.set(client.user, domain === undefined ? handle : `${handle}@${domain}`)
      transcript.note(`${name} registers as @${handle}${domain === undefined ? '' : ` at ${domain}`}`)
      return begin(name, store, client)
    },
    enterBeside: async (name, other) => {
      const store = memoryStore()
      const request = await requestLink({ server: home.servers, store, user: other.user })
      const approval = await other.client().approveLink(request)
      const client = await completeLink({ server: home.servers, store, approval })
      transcript.note(`${name} is approved by ${other.name}`)
      return begin(name, store, client)
    },
    reopen: async (actor) => {
      await actor.reopen(() => openClient({ server: home.servers, store: actor.store }))
      await actor.goOnline()
    },
    say: async (by, text) => {
      const readers = [...members].filter((actor) => actor !== by)
      transcript.said(
        nameOf(by.user),
        text,
        readers.map(({ name }) => name),
      )
      await by.group().send(text)
      await transcript.seenBy(readers.filter((actor) => online.has(actor)).map(({ name }) => name))
    },
    closeAll: async () => {
      for (const actor of actors) await actor.close()
    },
  }
}
