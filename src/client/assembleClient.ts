/** Puts a client together from its store: what it saved, how it asks the server, and the readers of its two queues. */
import { type Account, bearersOf } from './account/account.js'
import { apisOf } from './api/api.js'
import { loadHandles } from './account/handles.js'
import { loadProfiles } from './account/profiles.js'
import type { Cursor } from './api/caller.js'
import { logOf } from './api/cursor.js'
import { type Client, clientOf } from './client.js'
import type { Engine } from './engine/engine.js'
import { openInbox } from './engine/inbox.js'
import { newLocks } from './engine/locks.js'
import { runnerOf } from './engine/runner.js'
import { type Saver, saverTo } from './engine/saver.js'
import { newReading } from './engine/reading.js'
import { statusOfReaders } from './engine/status.js'
import { newWork, type Work } from './engine/work.js'
import { loadGroups } from './groups/groupRecord.js'
import { loseAll } from './groups/receive.js'
import { signalsTo } from './groups/sending/signal.js'
import { distrustStates } from './groups/restoredCopy.js'
import { defaultSuiteId } from './member/suite.js'
import type { Options } from './options.js'
import { type Cursors, loadCursors } from './queues/cursors.js'
import { dispatchTo } from './queues/dispatch.js'
import { type QueueReader, queueReader, type QueueSource } from './queues/queueReader.js'
import type { Store } from './store/store.js'
import type { Http } from './transport/http.js'
import { loadPinnedRoots } from './trust/pinnedRoots.js'
import { chainVerifier } from './trust/chainVerifier.js'
import { revocationsOfDomains } from './trust/revocationsOfDomains.js'

export type Assembled = { readonly engine: Engine; readonly work: Work; readonly client: Client }

/** Asks the server nothing yet. `stop` ends everything that it began. */
export const assembleClient = async (
  options: Options,
  account: Account,
  http: Http,
  stop: AbortController,
): Promise<Assembled> => {
  const { store } = options
  const { saver, inbox } = await openSaved(store)
  const roots = await loadPinnedRoots({
    store,
    saver,
    known: { ...account.roots, ...options.roots },
    own: account.domain,
    formerOfOwn: account.formerRoots ?? [],
    ask: (domain) => engine.api.account.rootOf(domain),
    now: Date.now,
    onMismatch: (domain, { pinned, offered }) => {
      inbox.push({ type: 'untrusted', domain, pinned, offered })
    },
  })
  const verifyChain = chainVerifier(roots.of, roots.renew, roots.former)
  const check: Engine['check'] = async (certificates, key) => (await verifyChain(certificates, key)) !== undefined
  const work = newWork()
  const cursors = await loadCursors(store, saver)
  const groups = await loadGroups(store, check)
  const handles = await loadHandles(store, saver)
  const profiles = await loadProfiles(store, saver)
  if (account.handle !== undefined) handles.learn(account.user, account.handle)
  const apiWithin = apisOf(http, bearersOf(account), stop.signal, (position) => {
    engine.log.notice(position)
  })
  const engine: Engine = {
    account,
    api: apiWithin(stop.signal),
    apiWithin,
    store,
    saver,
    inbox,
    locks: newLocks(),
    log: {
      current: cursors.log,
      notice: (position) => {
        noticeLog(engine, cursors, logOf(position))
      },
    },
    cipherSuite: options.cipherSuite ?? defaultSuiteId,
    groups,
    handles,
    profiles,
    roots,
    verifyChain,
    isRevoked: revocationsOfDomains({
      own: account.domain,
      readOwn: (cursor) => engine.api.account.revocations(cursor),
      readOf: (domain, cursor) => engine.api.account.revocationsOf(domain, cursor),
      roots,
      now: () => engine.api.clock.now(),
    }),
    check,
    // After a restart nobody knows how much was left unread: the first Commit reads the queue.
    ownCommitsSinceRead: new Map([...groups.keys()].map((group) => [group, Infinity])),
    filesUnderWay: new Set(),
    drain: async () => {
      await fanOut.drain()
      engine.ownCommitsSinceRead.clear()
    },
    look: async () => {
      if (looked) return
      await fanOut.look()
    },
    settleSoon: work.settleSoon,
    replenishSoon: work.replenishSoon,
    signal: stop.signal,
  }
  let looked = false
  let distrusted = false
  const noticeAcknowledged =
    (queue: Account['queue']) =>
    (acknowledged: Cursor): void => {
      if (queue === account.queue) looked = true
      if (!cursors.isBehind(queue, acknowledged)) return
      cursors.forgive(queue, acknowledged)
      if (!distrusted) distrustStates(engine)
      distrusted = true
    }
  const reading = newReading()
  const status = statusOfReaders(options.onStatus ?? (() => undefined))
  const onSignalled = signalsTo(engine)
  const readerFor = (queue: Account['queue'], direct: boolean): QueueReader =>
    readerOf(engine, cursors, {
      queue,
      direct,
      onAcknowledged: noticeAcknowledged(queue),
      onStatus: status.reader(),
      onSignalled,
      onRead: reading.add,
    })
  const fanOut = readerFor(account.queue, false)
  const direct = readerFor(account.directQueue, true)
  const runner = runnerOf({ engine, work, reading, readers: [direct, fanOut], stop })
  return { engine, work, client: clientOf({ engine, runner, status: status.current }) }
}

/** Events become visible once what they come from is saved, so each of the two needs the other. */
const openSaved = async (store: Store): Promise<{ readonly saver: Saver; readonly inbox: Engine['inbox'] }> => {
  const saver = saverTo(
    store,
    () => inbox.last(),
    (upTo) => {
      inbox.release(upTo)
    },
  )
  const inbox = await openInbox(store, () => saver)
  return { saver, inbox }
}

const noticeLog = (engine: Engine, cursors: Cursors, log: string): void => {
  const before = cursors.log()
  if (before === log) return
  cursors.beginLog(log)
  if (before === undefined) return
  loseAll(engine, 'the homeserver was restored from a backup')
  engine.replenishSoon()
}

const readerOf = (
  engine: Engine,
  cursors: Cursors,
  source: Omit<QueueSource, 'process' | 'onDisplaced'>,
): QueueReader =>
  queueReader(engine, cursors, {
    ...source,
    process: dispatchTo(engine, cursors, source.queue),
    onDisplaced: () => {
      engine.inbox.push({ type: 'displaced' })
      // Nothing else comes that would save it; a save that fails is made up for by the next one.
      engine.saver.flush().catch(() => undefined)
    },
  })
