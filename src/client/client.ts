/** A running client: its account, its groups, its contacts, and the events it tells the application. */
import type { ClientId, GroupId, UserId } from '../mls/wire/ids.js'
import { attachmentsIn } from './assets/download/attachmentsIn.js'
import { fileBytesMax } from './assets/upload/fileBytesMax.js'
import type { FileAttachment } from './assets/download/fileAttachment.js'
import { type UnfinishedFile, unfinishedFiles } from './assets/upload/unfinishedFile.js'
import {
  expectClient,
  expectDomain,
  expectGroup,
  expectOneOf,
  expectProfile,
  expectReceiver,
  expectText,
  expectUser,
} from './arguments.js'
import { approveLink } from './account/link.js'
import { acceptRequest, type OpenRequest, openRequests } from './account/requests.js'
import { type NewUserProfile, seenProfile, type SeenProfile, setUserProfile } from './account/userProfile.js'
import { type HistoryOffer, importHistory, offerHistory } from './account/history.js'
import { linkFrom, linkTo } from './account/linked.js'
import type { Download } from './assets/download/fileAttachment.js'
import type { FileSource } from './assets/upload/fileSource.js'
import { exportAccount } from './account/exportAccount.js'
import { type Invitations, invitationsOf } from './account/invitations.js'
import { setRecovery } from './account/setRecovery.js'
import { sealLetter, verifiedKeys } from './account/contactSecrecy.js'
import { randomId } from './crypto/random.js'
import type { Engine } from './engine/engine.js'
import type { ClientEvent, MessageEvent } from './events.js'
import { type Group, groupOf } from './group.js'
import { createGroup } from './groups/create.js'
import { updateGroup } from './groups/groupRecord.js'
import { resync } from './groups/resync.js'
import type { OnProgress } from './engine/reading.js'
import type { Runner } from './engine/runner.js'
import type { Status } from './engine/status.js'
import { engineWithin } from './engine/within.js'
import type { AccountView } from './api/account.js'
import type { Message } from './content/message.js'
import type { Contact } from './api/contacts.js'
import { told } from './told.js'
import { type PushPolicy, pushPolicies, type PushSubscribed } from './api/push.js'
import { disablePush, enablePush, isPushEnabled } from './push/push.js'
import { setPush } from './push/pushPolicy.js'
import type { BrowserPush, PushReceiver } from './push/pushReceiver.js'
import { within } from './transport/wait.js'
import { fingerprintOf } from './trust/pinnedRoots.js'
import { type Unread, unreadAt } from './queues/unread.js'

export type Client = {
  readonly user: UserId
  readonly client: ClientId

  /** The same client, whose calls the signal ends, with its reason. What the server was asked by then may still be done. */
  readonly within: (signal: AbortSignal) => Client

  /** Fetches and processes everything that is in the queues, and does what follows from it; `onProgress` is told after each page. */
  readonly sync: (onProgress?: OnProgress) => Promise<void>
  /** Goes live: resolves when all that waited has been processed, stays connected until `disconnect` or `close`. */
  readonly connect: () => Promise<void>
  readonly disconnect: () => void
  /** Whether it hears what happens now; the option `onStatus` is told of every change. */
  readonly status: () => Status
  /** Saves and stops. The store stays open. */
  readonly close: () => Promise<void>

  /** Every event once and in order; one is done with when the next is asked for. Ends with `close` or the signal. */
  readonly events: (signal?: AbortSignal) => AsyncIterable<ClientEvent>
  /** The messages among them, the rest dropped. */
  readonly messages: (signal?: AbortSignal) => AsyncIterable<MessageEvent>
  /** What is unread now. */
  readonly take: () => Promise<readonly ClientEvent[]>
  /** The same, to be looked at: it stays unread. Signals are not among it. */
  readonly waiting: () => readonly ClientEvent[]
  /** What waits at the homeserver and was not fetched: nothing is fetched, acknowledged or told by it. */
  readonly unread: () => Promise<Unread>

  /**
   * Has this client woken while it is away: `{ manager }` is a browser's `registration.pushManager`, which asks the person where it
   * was not allowed yet; `{ endpoint, keys }` come from a UnifiedPush distributor. Pushes say nothing but that something waits.
   * Called again, as at each start, it changes what has changed. One receiver for a client: another one takes its place.
   */
  readonly enablePush: (receiver: PushReceiver) => Promise<PushSubscribed>
  /** A browser's `registration.pushManager` gives its subscription up, too. */
  readonly disablePush: (manager?: BrowserPush) => Promise<void>
  /** Whether `enablePush` was the last that was said. */
  readonly isPushEnabled: () => Promise<boolean>
  /** What wakes, where a group says nothing else (`group.setPush`): `all`, `none`, or what was sent to this user alone. */
  readonly setPush: (policy: PushPolicy) => Promise<void>

  /** Undefined when nobody of that handle can be found. A user of another server is found as `bob@b.example`. */
  readonly findUser: (handle: string) => Promise<UserId | undefined>
  /** Those whose handle begins so and who chose `discovery: 'prefix'`. */
  readonly findUsers: (prefix: string) => Promise<readonly { readonly user: UserId; readonly handle: string }[]>
  /** Answers the id of the request. The text is for the user's clients alone. */
  readonly requestContact: (user: UserId, text: string) => Promise<string>
  /** The requests that wait for an answer, oldest first; each came as an event, too. */
  readonly requests: () => Promise<readonly OpenRequest[]>
  /** Makes the two contacts. The text is for whoever asked, in `requestAccepted`. */
  readonly acceptRequest: (request: string, text?: string) => Promise<void>
  readonly rejectRequest: (request: string) => Promise<void>
  /**
   * Who others see: for the members of this user's groups, and for whom it writes to in connection requests. `picture` is a file,
   * or the one of `profileOf` to be kept; without it there is none. The file that it had before is deleted. Throws as `sendFile` does.
   */
  readonly setProfile: (profile: NewUserProfile) => Promise<void>
  /**
   * As the user told this client; undefined until it did. `userProfileChanged` tells of every change, this user's own, by
   * another of its clients, included. `picture.download()` fetches the picture.
   */
  readonly profileOf: (user: UserId) => Promise<SeenProfile | undefined>
  readonly contacts: () => Promise<{ readonly contacts: readonly Contact[]; readonly blocked: readonly UserId[] }>
  /** A blocked user can neither find this one nor ask it nor add it to a group, and is not told. */
  readonly block: (user: UserId) => Promise<void>
  readonly unblock: (user: UserId) => Promise<void>

  /** A group with this client alone; `invite` adds others, and this user's other clients, too. */
  readonly createGroup: () => Promise<Group>
  /** Every group this client has been in, the ended ones by their `status`. */
  readonly groups: () => readonly Group[]
  /** No request is made; the calls of a group that this client is not in throw `NotInGroup`. */
  readonly group: (id: GroupId) => Group
  /** Joins a group that another client of this user is in. */
  readonly joinGroup: (id: GroupId) => Promise<Group>

  /** The files that a message carries, for an application that kept the message; of an event they are its `attachments`. */
  readonly attachmentsOf: (message: Pick<Message, 'content'>) => readonly FileAttachment[]
  /** The largest file that `sendFile` takes at this homeserver, bytes; as the homeserver has it now. */
  readonly fileBytesMax: () => Promise<number>
  /** Files whose sending a restart or a lost server cut short, for the application to resume or discard. */
  readonly unfinishedFiles: () => Promise<readonly UnfinishedFile[]>

  /** Lets the new client in that made this text with `requestLink`; the answer goes to its `completeLink`. */
  readonly approveLink: (request: string) => Promise<string>
  /**
   * The digits that this screen and the other one show after a link, for the person to compare: of a client that this one let in, or,
   * without one, of the client that let this one in. Throws `Untrusted` where there is no such.
   */
  readonly linkCode: (newcomer?: ClientId) => Promise<string>
  /**
   * Gives a client that this one let in an archive of the application's own making, encrypted; `code` is what the person read off the
   * other screen. Throws `Untrusted` before anything leaves where it is not the same, or where this client let in somebody else.
   */
  readonly offerHistory: (
    newcomer: ClientId,
    offer: { readonly code: string; readonly archive: FileSource },
  ) => Promise<void>
  /** The archive of a `historyOffered`; `code` is what the person read off the other screen. */
  readonly importHistory: (offered: HistoryOffer, code: string) => Promise<Download>
  /**
   * Of a server's root certificate, under which its users are believed here: SHA-256, base64url, as its operators see it. Two people of
   * two servers compare it to know that nobody stands between. Undefined of a server that this one does not speak to.
   */
  readonly rootFingerprint: (domain: string) => Promise<string | undefined>
  /** The clients of a user, each held to its certificate. */
  readonly clientsOf: (user: UserId) => Promise<readonly ClientId[]>
  /** As the server has it: the handle, who may find this user, its clients. */
  readonly account: () => Promise<AccountView>
  /** Cuts a client of this user off at once; its groups remove it with their next Commits. */
  readonly removeClient: (client: ClientId) => Promise<void>
  /** Who may find this user, and whose groups may add it unasked. */
  readonly changeAccount: (changes: {
    readonly discovery?: 'exact' | 'prefix' | 'hidden'
    readonly claims?: 'anyone' | 'contacts'
  }) => Promise<void>
  /**
   * A recovery code of 128 bits, told here and never again: `recoverAccount` comes back by it, once, when no client is left. A
   * passphrase guards it in addition, and cannot be asked for anew. The code before is good for nothing from then on.
   */
  readonly setRecovery: (passphrase?: string) => Promise<string>
  /** For good, with all its clients: nothing of this client works afterwards but `close`. */
  readonly deleteAccount: () => Promise<void>
  /**
   * Everything that the server holds of this user, as it comes: JSON lines (docs/api.md). Throws `Damaged` at its end where it was cut.
   */
  readonly exportAccount: () => AsyncIterable<Uint8Array>
  /** Lets others register at this homeserver, where its operator lets users do so. */
  readonly invitations: Invitations
}

type Parts = { readonly engine: Engine; readonly runner: Runner; readonly status: () => Status }

/** `asked` is the engine of this client's own calls; the groups that it hands out are not bound to its signal. */
export const clientOf = (parts: Parts, asked: Engine = parts.engine): Client => {
  const { engine, runner, status } = parts
  const { account, inbox, saver } = engine
  const { api, signal: ended } = asked

  async function* events(signal: AbortSignal = ended): AsyncGenerator<ClientEvent> {
    const over = AbortSignal.any([signal, ended])
    while (!over.aborted) {
      const entry = inbox.peek()
      if (entry === undefined) {
        await saver.flush()
        await inbox.arrival(over)
      } else {
        try {
          yield told(engine, entry.event)
        } finally {
          inbox.drop(entry)
        }
      }
    }
    await saver.flush()
  }

  async function* messages(signal?: AbortSignal): AsyncGenerator<MessageEvent> {
    for await (const event of events(signal)) if (event.type === 'message') yield event
  }

  const find = async (query: Parameters<typeof api.contacts.find>[0]): ReturnType<typeof api.contacts.find> => {
    const found = await api.contacts.find(query)
    for (const { user, handle } of found) engine.handles.learn(user, handle)
    await saver.flush()
    return found
  }

  return {
    user: account.user,
    client: account.client,
    within: (signal) => clientOf(parts, engineWithin(engine, signal)),
    sync: (onProgress) => within(ended, runner.sync(onProgress)),
    connect: () => within(ended, runner.connect()),
    disconnect: runner.disconnect,
    status,
    close: runner.close,
    events,
    messages,
    take: async () => {
      const taken = inbox.take()
      await saver.flush()
      return taken.map((event) => told(engine, event))
    },
    waiting: () => inbox.saved().map((event) => told(engine, event)),
    unread: () => unreadAt(asked),
    enablePush: async (receiver) => {
      expectReceiver('enablePush', receiver)
      return enablePush(asked, receiver)
    },
    disablePush: (manager) => disablePush(asked, manager),
    isPushEnabled: () => isPushEnabled(engine),
    setPush: async (policy) => {
      expectOneOf('setPush', policy, pushPolicies)
      await setPush(asked, policy)
    },
    findUser: async (handle) => {
      expectText('findUser', handle)
      return (await find({ handle: handle.toLowerCase() }))[0]?.user
    },
    findUsers: async (prefix) => {
      expectText('findUsers', prefix)
      return find({ prefix: prefix.toLowerCase() })
    },
    requestContact: async (user, text) => {
      expectUser('requestContact', user)
      expectText('requestContact', text)
      return api.contacts.request(randomId(), user, await sealLetter(asked, user, text))
    },
    requests: () => openRequests(asked),
    acceptRequest: async (request, text) => {
      expectText('acceptRequest', request)
      if (text !== undefined) expectText('acceptRequest', text)
      await acceptRequest(asked, request, text)
    },
    rejectRequest: async (request) => {
      expectText('rejectRequest', request)
      await api.contacts.reject(randomId(), request)
    },
    setProfile: async (profile) => {
      expectProfile('setProfile', profile)
      await setUserProfile(asked, profile)
    },
    profileOf: async (user) => {
      expectUser('profileOf', user)
      return seenProfile(asked, user)
    },
    contacts: () => api.contacts.list(),
    block: async (user) => {
      expectUser('block', user)
      await api.contacts.block(randomId(), user)
    },
    unblock: async (user) => {
      expectUser('unblock', user)
      await api.contacts.unblock(randomId(), user)
    },
    createGroup: async () => groupOf(engine, await createGroup(asked)),
    groups: () => [...engine.groups.keys()].map((group) => groupOf(engine, group)),
    group: (id) => {
      expectGroup('group', id)
      return groupOf(engine, id)
    },
    joinGroup: async (id) => {
      expectGroup('joinGroup', id)
      if (engine.groups.get(id)?.status !== 'active') updateGroup(engine, id, { status: 'lost' })
      await resync(asked, id)
      return groupOf(engine, id)
    },
    attachmentsOf: ({ content }) => attachmentsIn(asked, content),
    fileBytesMax: () => fileBytesMax(asked),
    unfinishedFiles: () => unfinishedFiles(engine, asked),
    approveLink: async (request) => {
      expectText('approveLink', request)
      return approveLink(asked, request)
    },
    linkCode: async (newcomer) => {
      if (newcomer === undefined) return (await linkFrom(asked)).code
      expectClient('linkCode', newcomer)
      return (await linkTo(asked, newcomer)).code
    },
    offerHistory: async (newcomer, offer) => {
      expectClient('offerHistory', newcomer)
      expectText('offerHistory: code', offer.code)
      await offerHistory(asked, newcomer, offer)
    },
    importHistory: async (offered, code) => {
      expectText('importHistory: code', code)
      return importHistory(asked, offered, code)
    },
    rootFingerprint: async (domain) => {
      const root = await asked.roots.of(expectDomain('rootFingerprint', domain))
      await saver.flush()
      return root === undefined ? undefined : fingerprintOf(root)
    },
    clientsOf: async (user) => {
      expectUser('clientsOf', user)
      return (await verifiedKeys(asked, user)).map(({ client }) => client)
    },
    account: () => api.account.view(),
    removeClient: async (client) => {
      expectClient('removeClient', client)
      await api.account.removeClient(randomId(), client)
    },
    changeAccount: async (changes) => {
      await api.account.change(randomId(), changes)
    },
    setRecovery: async (passphrase) => {
      if (passphrase !== undefined) expectText('setRecovery', passphrase)
      return setRecovery(asked, passphrase)
    },
    exportAccount: () => exportAccount(asked),
    invitations: invitationsOf(asked),
    deleteAccount: async () => {
      await api.account.delete(randomId())
    },
  }
}
