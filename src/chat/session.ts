/** A running client and what the page shows of it: what people do goes to the SDK, what the SDK tells becomes state. */
import { isRefusal } from '../client/index.js'
import type {
  Client,
  ClientEvent,
  FileAttachment,
  GroupId,
  MessageEvent,
  PushPolicy,
  ReportCategory,
  UserId,
} from '../client/index.js'
import { decodeCard, type CardOfGroup } from './card.js'
import type { History } from './history.js'
import {
  arrived,
  changed,
  conversationIn,
  doing,
  emptyConversation,
  heard,
  nameOf,
  ownNameOf,
  portrayed,
  selecting,
  revised,
  takenUp,
  withMessage,
  type Conversation,
  type Message,
  type State,
} from './model.js'
import { portraitFrom } from './portrait.js'
import { portraitsOn } from './portraits.js'
import { reacted, reactionOf, unreacted } from './reactions.js'
import { sharingOn } from './sharing.js'
import { tellingOf } from './telling.js'
import { believeMs, sayEveryMs, stopped, typing } from './typing.js'
import { wakingOf } from './waking/waking.js'
import { nobodyIs, wordsOf } from './words.js'

export type Session = {
  readonly state: () => State
  /** Called after every change, until the answered function is. */
  readonly watch: (listener: () => void) => () => void
  readonly select: (group: GroupId | undefined) => void
  readonly dismiss: () => void
  /** Throws, in words for the person, when one of the handles is nobody's. */
  readonly begin: (name: string, handles: readonly string[]) => Promise<void>
  readonly say: (group: GroupId, text: string) => Promise<void>
  /** This person is writing: the others see it for a while. */
  readonly writing: (group: GroupId) => void
  /** Takes the mark back where this person gave it. */
  readonly react: (group: GroupId, message: Message, mark: string) => Promise<void>
  /** Shows the message to who runs the server. */
  readonly report: (group: GroupId, message: Message, category: ReportCategory) => Promise<void>
  readonly sayAgain: (group: GroupId, message: Message) => Promise<void>
  readonly share: (group: GroupId, file: File, description: string) => Promise<void>
  /** The largest file that can be shared, bytes. */
  readonly largestFile: () => Promise<number>
  readonly callOff: (message: Message) => void
  readonly filesOf: (message: Message) => readonly FileAttachment[]
  readonly add: (group: GroupId, handle: string) => Promise<void>
  readonly remove: (group: GroupId, user: UserId) => Promise<void>
  readonly makeAdmin: (group: GroupId, user: UserId) => Promise<void>
  readonly leave: (group: GroupId) => Promise<void>
  /** Whether this person is woken while the page is closed. To be called by a click. */
  readonly wake: (on: boolean) => Promise<void>
  /** What of a conversation wakes. */
  readonly wakeFor: (group: GroupId, policy: PushPolicy) => Promise<void>
  /** How others see this person, everywhere. */
  readonly rename: (name: string) => Promise<void>
  /** Without a file there is no picture. */
  readonly portray: (file: File | undefined) => Promise<void>
  readonly portrayGroup: (group: GroupId, file: File | undefined) => Promise<void>
}

/** `client` is open and not connected yet; `status` is told by the option it was opened with. */
export const openSession = async (client: Client, history: History, handle: string): Promise<Session> => {
  const said = await history.all()
  const conversations = client.groups().map((group) => ({
    ...emptyConversation(group.id),
    messages: (said.get(group.id) ?? []).map(takenUp),
    open: group.status() === 'active',
  }))
  let state: State = {
    me: { user: client.user, handle },
    status: client.status(),
    conversations,
    names: {},
    portraits: {},
  }
  const listeners = new Set<() => void>()
  const become = (next: State): void => {
    state = next
    for (const listener of listeners) listener()
  }

  const portraits = portraitsOn((of, address) => {
    become(portrayed(state, of, address))
  })

  /** Who is in, who decides, and what it is called: as the MLS state and the server have it now. */
  const look = async (id: GroupId): Promise<void> => {
    const group = client.group(id)
    if (group.status() !== 'active') {
      become(changed(state, id, (conversation) => ({ ...conversation, open: false })))
      return
    }
    const members = [...new Set(group.members().map(({ user }) => user))]
    const wakes = await group.push()
    become(changed(state, id, (conversation) => ({ ...conversation, members, wakes, open: true })))
    for (const user of members) await learnPerson(user)
    const [view, profile] = await Promise.all([group.view(), group.profile()])
    const admins = view.members.filter(({ role }) => role === 'admin').map(({ user }) => user)
    const card = profile?.data === undefined ? undefined : decodeCard(profile.data)
    if (profile?.data !== undefined) portraits.learn(id, profile.picture)
    become(changed(state, id, (conversation) => ({ ...conversation, admins, ...(card === undefined ? {} : { card }) })))
  }
  const learnPerson = async (user: UserId): Promise<void> => {
    const profile = await client.profileOf(user)
    if (profile === undefined) return
    const name = profile.name.slice(0, nameMax)
    if (name !== state.names[user]) become({ ...state, names: { ...state.names, [user]: name } })
    portraits.learn(user, profile.picture)
  }
  const saveCard = async (id: GroupId, card: CardOfGroup): Promise<void> => {
    const group = client.group(id)
    await group.setProfile({ ...card, picture: (await group.profile())?.picture })
  }
  /** What cannot be looked up now is, when the next event comes. */
  const lookSoon = (id: GroupId): void => {
    look(id).catch(() => undefined)
  }

  const keep = async (id: GroupId, message: Message): Promise<void> => {
    await history.keep(id, message)
    const isSeen = state.selected === id && document.visibilityState === 'visible'
    become(heard(state, id, message, isSeen))
  }

  /** Believed for a while; the page shows it no longer then. */
  const seeWriting = (group: GroupId, user: UserId, kind: string): void => {
    const before = state.typists ?? []
    if (kind === 'typing') {
      become({ ...state, typists: typing(before, group, user, Date.now()) })
      setTimeout(() => {
        become(state)
      }, believeMs + 1)
    } else if (kind === 'stopped') become({ ...state, typists: stopped(before, group, user) })
  }

  const saidWriting = new Map<GroupId, number>()
  /** What nobody hears now is not said later. */
  const sayWriting = (group: GroupId): void => {
    if (Date.now() - (saidWriting.get(group) ?? 0) < sayEveryMs) return
    saidWriting.set(group, Date.now())
    client
      .group(group)
      .signal('typing')
      .catch(() => undefined)
  }

  /** What a message that is here says now. */
  const put = async (group: GroupId, message: Message | undefined): Promise<void> => {
    if (message === undefined) return
    await history.keep(group, message)
    become(withMessage(state, group, message.id, () => message))
  }

  /** Texts, what was said instead of them, and reactions; receipts have no place in this page. */
  const hear = async (event: MessageEvent): Promise<void> => {
    const { group, content, id, at, text, attachments } = event
    const { user } = event.from
    if ((state.typists ?? []).length > 0) seeWriting(group, user, 'stopped')
    if (content.type === 'status') return
    const conversation = conversationIn(state, group) ?? emptyConversation(group)
    if (content.type === 'reaction') {
      const reaction = { id, from: user, marks: content.reactions }
      await put(group, reacted(conversation, content.to, reaction, event.replaces))
      return
    }
    if (content.type === 'unreaction') {
      await put(group, unreacted(conversation, content.of, user))
      return
    }
    if (content.type !== 'edit' && content.type !== 'deletion') {
      const [file] = attachments
      const shown =
        file === undefined ? { text } : { text: file.description === '' ? file.name : file.description, content }
      const evidence = event.evidence === undefined || user === client.user ? {} : { evidence: event.evidence }
      await keep(group, { id, at, from: user, said: id, ...shown, ...evidence })
      return
    }
    const shown = content.type === 'edit' ? text : '(deleted)'
    await put(group, revised(conversation, content.of, { from: user, text: shown }))
  }

  const take = async (event: ClientEvent): Promise<void> => {
    if (event.type === 'userProfileChanged') {
      await learnPerson(event.user).catch(() => undefined)
      return
    }
    if (!('group' in event)) {
      const trouble = tellingOf(event, (user) => user)
      if (trouble !== undefined) become({ ...state, trouble })
      return
    }
    const { group } = event
    if (event.type === 'message') {
      await hear(event)
      return
    }
    if (event.type === 'signal') {
      seeWriting(group, event.from.user, event.kind)
      return
    }
    if (event.type === 'unconfirmed') {
      for (const { id, text } of event.messages)
        await keep(group, { id, at: Date.now(), from: state.me.user, text, fate: 'failed' })
      return
    }
    await look(group).catch(() => undefined)
    const name = (user: UserId): string => {
      const conversation = conversationIn(state, group)
      return conversation === undefined ? 'someone' : nameOf(state, conversation, user)
    }
    const text = tellingOf(event, name)
    if (text !== undefined) await keep(group, { id: crypto.randomUUID(), at: Date.now(), text })
  }

  const waking = wakingOf(client)
  const lookAtWaking = async (): Promise<void> => {
    if (waking !== undefined) become({ ...state, waking: await waking.now() })
  }
  const seen = (): void => {
    if (document.visibilityState === 'visible') waking?.seen().catch(() => undefined)
  }

  const listen = async (): Promise<void> => {
    for await (const event of client.events()) await take(event)
  }

  const post = async (group: GroupId, message: Message): Promise<void> => {
    try {
      await history.keep(group, doing(message, 'sending'))
      const { id: said } = await client.group(group).send(message.text)
      await history.keep(group, arrived(message, said))
      become(withMessage(state, group, message.id, (one) => arrived(one, said)))
    } catch (error) {
      const failed = withMessage(state, group, message.id, (one) => doing(one, 'failed'))
      become({ ...failed, trouble: `It was not sent: ${wordsOf(error)}` })
      await history.keep(group, doing(message, 'failed'))
    }
  }

  const sharing = sharingOn({
    client,
    history,
    begin: (group, message) => {
      become(heard(state, group, message, true))
    },
    change: (group, id, change) => {
      become(withMessage(state, group, id, change))
    },
    fail: (error) => {
      become({ ...state, trouble: `It was not sent: ${wordsOf(error)}` })
    },
  })
  // The page that was sending them is gone, and their files with it: what stands in the conversation says so.
  for (const unfinished of await client.unfinishedFiles()) await unfinished.discard()

  const whoIs = async (handle: string): Promise<UserId> => {
    const user = await client.findUser(handle)
    if (user === undefined) throw new Error(nobodyIs(handle))
    return user
  }

  const troubled = (error: unknown): void => {
    become({ ...state, trouble: wordsOf(error) })
  }

  const trying =
    <Arguments extends readonly unknown[]>(act: (...given: Arguments) => Promise<void>) =>
    async (...given: Arguments): Promise<void> => {
      try {
        await act(...given)
      } catch (error) {
        troubled(error)
      }
    }

  for (const { id } of conversations) lookSoon(id)
  learnPerson(client.user).catch(() => undefined)
  listen().catch((error: unknown) => {
    become({ ...state, trouble: `This page stopped listening: ${wordsOf(error)}. Reload to go on.` })
  })
  // What cannot be told to the server now is at the next opening.
  waking?.renew().catch(() => undefined)
  lookAtWaking().catch(() => undefined)
  seen()
  document.addEventListener('visibilitychange', seen)
  void client.connect().catch(troubled)

  return {
    state: () => ({ ...state, status: client.status() }),
    watch: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    select: (group) => {
      become(selecting(state, group))
    },
    dismiss: () => {
      const { trouble: _, ...rest } = state
      become(rest)
    },
    begin: async (name, handles) => {
      const found = await Promise.all(handles.map(async (one) => [await whoIs(one), one] as const))
      const users = found.map(([user]) => user)
      const group = await client.createGroup()
      const people: CardOfGroup['people'] = Object.fromEntries([[client.user, handle] as const, ...found])
      await group.setProfile({ name, people })
      // It is there by now: who could not be added now can be later.
      if (users.length > 0) await group.invite(...users).catch(troubled)
      await look(group.id)
      become(selecting(state, group.id))
    },
    writing: sayWriting,
    say: async (group, text) => {
      saidWriting.delete(group)
      const message: Message = { id: crypto.randomUUID(), at: Date.now(), from: client.user, text, fate: 'sending' }
      become(heard(state, group, message, true))
      await post(group, message)
    },
    react: trying(async (id, message, mark) => {
      const { said } = message
      if (said === undefined) return
      const conversation = (): Conversation => conversationIn(state, id) ?? emptyConversation(id)
      const given = reactionOf(message, client.user, mark)
      if (given === undefined) {
        const sent = await client.group(id).react({ id: said }, mark)
        await put(id, reacted(conversation(), said, { id: sent.id, from: client.user, marks: [mark] }))
      } else {
        await client.group(id).unreact({ id: given.id })
        await put(id, unreacted(conversation(), given.id, client.user))
      }
    }),
    report: trying(async (id, message, category) => {
      const { from, at, evidence } = message
      if (from === undefined || evidence === undefined) return
      try {
        await client.group(id).report({ from: { user: from }, at, evidence }, { category })
      } catch (error) {
        if (!isRefusal(error, 'already-exists')) throw error
      }
      await put(id, { ...message, reported: true })
    }),
    share: sharing.share,
    largestFile: () => client.fileBytesMax(),
    callOff: sharing.callOff,
    filesOf: ({ content }) => (content === undefined ? [] : client.attachmentsOf({ content })),
    sayAgain: async (group, message) => {
      if (message.file !== undefined) {
        await sharing.again(group, message)
        return
      }
      become(withMessage(state, group, message.id, (one) => doing(one, 'sending')))
      await post(group, message)
    },
    add: trying(async (id, newcomer) => {
      const user = await whoIs(newcomer)
      const group = client.group(id)
      const { missing } = await group.invite(user)
      if (missing.length > 0)
        throw new Error(`${newcomer} has a device that cannot be added now: it is out of KeyPackages.`)
      const card = conversationIn(state, id)?.card ?? { name: '', people: {} }
      await saveCard(id, { ...card, people: { ...card.people, [user]: newcomer } })
      await look(id)
    }),
    remove: trying(async (id, user) => {
      await client.group(id).remove(user)
      await look(id)
    }),
    makeAdmin: trying(async (id, user) => {
      await client.group(id).setRole(user, 'admin')
      await look(id)
    }),
    rename: trying(async (name) => {
      await client.setProfile({ ...(await client.profileOf(client.user)), name })
      await learnPerson(client.user)
    }),
    portray: trying(async (file) => {
      const picture = file === undefined ? undefined : await portraitFrom(file)
      await client.setProfile({ name: ownNameOf(state), picture })
      await learnPerson(client.user)
    }),
    portrayGroup: trying(async (id, file) => {
      const picture = file === undefined ? undefined : await portraitFrom(file)
      const card = conversationIn(state, id)?.card ?? { name: '', people: {} }
      await client.group(id).setProfile({ ...card, picture })
      await look(id)
    }),
    wake: trying(async (on) => {
      try {
        await waking?.turn(on)
      } finally {
        await lookAtWaking()
      }
    }),
    wakeFor: trying(async (id, wakes) => {
      await client.group(id).setPush(wakes)
      become(changed(state, id, (conversation) => ({ ...conversation, wakes })))
    }),
    leave: trying(async (id) => {
      await client.group(id).leave()
      await look(id)
    }),
  }
}

const nameMax = 60
