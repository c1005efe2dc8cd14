/** What one process does while it has the lease: folds the log, tells those that are due, and writes down what became of it. */
import { setMaxListeners } from 'node:events'
import type { Rate } from '../limits/limits.js'
import type { OpenReference } from '../items/references.js'
import type { Checkpoints } from '../ports/checkpoints.js'
import type { Clock } from '../ports/clock.js'
import { StoreUnavailable } from '../ports/eventStore.js'
import type { EventStore, StoredEvent } from '../ports/eventStore.js'
import { origin } from '../ports/position.js'
import type { Position } from '../ports/position.js'
import type { ReadModel } from '../ports/readModels.js'
import type { Parked } from '../projections/parked.js'
import type { Recipients } from '../projections/queues/recipients.js'
import { newAttention } from './attention.js'
import type { Attention } from './attention.js'
import { keepBudget } from './budget.js'
import { fold } from './fold.js'
import type { FoldDependencies } from './fold.js'
import { openLedger, Overtaken, toldCheckpoint } from './ledger.js'
import type { Ledger } from './ledger.js'
import { keepMembers } from './members.js'
import { openSlots } from './slots.js'
import type { Slots } from './slots.js'
import { makeTeller } from './tell.js'
import type { TellDependencies } from './tell.js'

export type TermDependencies = Omit<TellDependencies, 'ledger' | 'slots' | 'budget' | 'clock'> & {
  readonly events: Pick<EventStore, 'follow' | 'head'>
  readonly model: ReadModel
  readonly checkpoints: Pick<Checkpoints, 'load' | 'save'>
  readonly logId: string
  readonly recipients: Recipients
  /** Whether the queues' read model has come to a position, in time. */
  readonly reached: (position: Position, timeoutMs: number) => Promise<boolean>
  readonly open: OpenReference
  readonly clock: Clock
  /** Of one queue, as it is at the moment. */
  readonly rate: () => Rate | 'off'
  readonly parked: Parked
}

/** Requests at once; those that are slow do not count among the first. */
const atOnce = { quickMax: 64, allMax: 512, slowAfterMs: 2_000 }
/** Rows in memory beyond which they are written. */
const rowsMax = 5_000
/** What lasts no longer than the first is not written at all, unless a push is under way; nothing waits longer than the second. */
const writtenAfterMs = { quiet: 1_000, busy: 5_000 }
const writeLookMs = 250
const tellLookMs = 500
const reachedMsMax = 5_000

/** What concerns pushes although nobody has a receiver yet. */
const always: ReadonlySet<string> = new Set([
  ...['PushSubscribed', 'PushUnsubscribed', 'PushPolicyChanged'],
  ...['QueueDeleted', 'ClientRemoved', 'UserDeleted'],
])

/** Runs until the signal aborts, or another process moved the rows. Throws what the stores throw. */
export const serveTerm = async (deps: TermDependencies, signal: AbortSignal): Promise<void> => {
  const { model, clock } = deps
  const begin = await model.checkpoint()
  const quietUpTo = await quietFrom(deps, begin)
  const ending = new AbortController()
  const over = AbortSignal.any([signal, ending.signal])
  // Every push under way listens.
  setMaxListeners(0, over)
  const failures: Error[] = []
  const fail = (error: unknown): void => {
    if (!over.aborted) failures.push(error instanceof Error ? error : new Error(String(error)))
    ending.abort()
  }
  const ledger = openLedger(deps, begin)
  const slots = openSlots(atOnce, clock)
  const attention = newAttention(clock)
  const term = { deps, ledger, slots, attention, quietUpTo, begin }
  const telling = { live: false, someone: await anyReceiver(model) }
  await Promise.all([
    followLog(term, telling, over).catch(fail),
    tellAlways(term, telling, fail, over).catch(fail),
    writeOften(term, over).catch(fail),
  ])
  await slots.idle()
  const [failure] = failures
  if (failure === undefined) await ledger.write().catch(unlessOvertaken)
  else if (!(failure instanceof Overtaken)) throw failure
}

type Term = {
  readonly deps: TermDependencies
  readonly ledger: Ledger
  readonly slots: Slots
  readonly attention: Attention
  readonly quietUpTo: Position
  readonly begin: Position
}
/** `live`: all that the log holds was folded; `someone` has a receiver. */
type Telling = { live: boolean; someone: boolean }

/** Where rows are begun anew, all that was told, or is not known not to have been, stays so: a rebuild pushes to nobody. */
const quietFrom = async ({ checkpoints, events, logId }: TermDependencies, begin: Position): Promise<Position> => {
  const told = await checkpoints.load(toldCheckpoint, logId)
  if (told !== origin || begin !== origin) return told
  const head = await events.head()
  await checkpoints.save(toldCheckpoint, logId, head)
  return head
}

const anyReceiver = async (model: ReadModel): Promise<boolean> =>
  (await model.range({ table: 'queues', index: 'bySubscribed', prefix: [], limit: 1 })).length > 0

const followLog = async (term: Term, telling: Telling, signal: AbortSignal): Promise<void> => {
  const { deps, ledger, attention, begin } = term
  const { recipients, open } = deps
  const level = levelBy(deps, signal)
  const folding = { members: keepMembers({ recipients, level }), recipients, open, level }
  for await (const { events, live } of deps.events.follow({ after: begin, signal })) {
    for (const stored of events) {
      if (signal.aborted) return
      if (stored.type === 'PushSubscribed') telling.someone = true
      if (!telling.someone && !always.has(stored.type)) ledger.moved(stored, 0)
      else if ((await foldOne(term, stored, folding)) > 0) attention.call()
      if (ledger.waiting().rows > rowsMax) await ledger.write()
    }
    if (!live || telling.live) continue
    telling.live = true
    attention.call()
  }
}

/** How many were woken. */
const foldOne = ({ deps, ledger, quietUpTo }: Term, stored: StoredEvent, folding: FoldDependencies): Promise<number> =>
  ledger.take(async (rows) => {
    const placed = deps.parked.place(stored)
    const { woken, looked } =
      placed === undefined
        ? { woken: 0, looked: 0 }
        : await orParked(deps, stored, fold(placed, rows, folding, quietUpTo))
    ledger.moved(stored, looked)
    return woken
  })

/** Its half-made changes are in the rows: the term ends, and the next one goes without it. */
const orParked = async <T>({ parked }: TermDependencies, stored: StoredEvent, work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof StoreUnavailable || error instanceof NotLevel)) parked.park(stored, error)
    throw error
  }
}

class NotLevel extends Error {}

const levelBy =
  ({ reached }: TermDependencies, signal: AbortSignal) =>
  async (position: Position): Promise<void> => {
    while (!(await reached(position, reachedMsMax))) if (signal.aborted) throw new NotLevel('stopped')
  }

const tellAlways = async (
  { deps, ledger, slots, attention }: Term,
  telling: Telling,
  fail: (error: unknown) => void,
  signal: AbortSignal,
): Promise<void> => {
  const teller = makeTeller({ ...deps, ledger, slots, budget: keepBudget(deps.rate) }, fail)
  while (!signal.aborted) {
    if (telling.live && telling.someone && (await teller.round(signal))) attention.call()
    await attention.wait(tellLookMs, signal)
  }
}

const writeOften = async ({ deps: { clock }, ledger, slots }: Term, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    await clock.sleep(writeLookMs, signal)
    const { since } = ledger.waiting()
    if (since === undefined) continue
    const waitedMs = clock.now() - since
    const isQuiet = slots.underWay() === 0
    if (waitedMs >= (isQuiet ? writtenAfterMs.quiet : writtenAfterMs.busy)) await ledger.write()
  }
}

const unlessOvertaken = (error: unknown): void => {
  if (!(error instanceof Overtaken)) throw error
}
