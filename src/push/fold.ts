/** Folds one event into the rows of pushes: receivers and policies that change, queues to be woken, and what they acknowledge. */
import type { AnyEvent } from '../events/anyEvent.js'
import { seatChangesOf, shows } from '../items/membership.js'
import type { Placed } from '../items/placed.js'
import type { OpenReference } from '../items/references.js'
import type { QueueId } from '../mls/wire/ids.js'
import type { Position } from '../ports/position.js'
import type { Recipients } from '../projections/queues/recipients.js'
import type { WorkingSet } from '../projections/workingSet.js'
import type { Members } from './members.js'
import { changeQueue, dropQueue } from './queueRows.js'
import { queueOf, wakeOf } from './schema.js'
import { acknowledged, arrived } from './wake.js'
import { policyFor, wakesUnder, wakingOf } from './waking.js'
import type { Waking } from './waking.js'

export type FoldDependencies = {
  readonly members: Members
  readonly recipients: Pick<Recipients, 'queuesOf'>
  readonly open: OpenReference
  readonly level: (position: Position) => Promise<void>
}

/** `woken`: how many wakes it began or went on with; `looked`: about how many rows it asked for. */
export type Folded = { readonly woken: number; readonly looked: number }

/** `quietUpTo`: what stands up to there wakes nobody any more, it was told before the rows were lost. */
export const fold = async (
  placed: Placed,
  rows: WorkingSet,
  deps: FoldDependencies,
  quietUpTo: Position,
): Promise<Folded> => {
  const { event, position, at } = placed
  for (const { group } of seatChangesOf(placed, deps.open)) deps.members.forgetGroup(group)
  if (event.type === 'QueuesAcknowledged') return acknowledge(event.data.queues, at, rows)
  const said = queueThatSays(event)
  if (said !== undefined) {
    await changeQueue(said, rows)
    await deps.members.forgetQueue(said.data.queue, position)
    return { woken: 0, looked: 2 }
  }
  for (const queue of queuesEndedBy(event))
    if (await dropQueue(queue, rows)) await deps.members.forgetQueue(queue, position)
  if (position <= quietUpTo) return nothing
  const called = await Promise.all(wakingOf(placed, deps.open).map((waking) => calledBy(waking, placed, rows, deps)))
  return wake(called.flat(), placed, rows)
}

const nothing: Folded = { woken: 0, looked: 0 }

const queueThatSays = (event: AnyEvent) =>
  event.type === 'PushSubscribed' || event.type === 'PushUnsubscribed' || event.type === 'PushPolicyChanged'
    ? event
    : undefined

const queuesEndedBy = (event: AnyEvent): readonly QueueId[] => {
  if (event.type === 'QueueDeleted') return [event.data.queue]
  if (event.type === 'ClientRemoved') return [event.data.directQueue]
  return event.type === 'UserDeleted' ? event.data.directQueues : []
}

type Called = { readonly queue: QueueId; readonly urgency: Waking['urgency'] }

const calledBy = async (
  waking: Waking,
  { position }: Placed,
  rows: WorkingSet,
  { members, recipients, level }: FoldDependencies,
): Promise<readonly Called[]> => {
  const { urgency } = waking
  if ('group' in waking) {
    const { group, epoch, targets } = waking
    return (await members.of(group, position, rows))
      .filter((member) => wakesUnder(member.policy, targets !== undefined) && shows(member, position, epoch, targets))
      .map(({ queue }) => ({ queue, urgency }))
  }
  await level(position)
  const called: Called[] = []
  for (const queue of await recipients.queuesOf(waking.recipient)) {
    const row = await rows.get('queues', [queue])
    if (row === undefined || queueOf(row).receivers.length === 0) continue
    if (wakesUnder(policyFor(queueOf(row), waking.of), true)) called.push({ queue, urgency })
  }
  return called
}

const wake = async (called: readonly Called[], { position, at }: Placed, rows: WorkingSet): Promise<Folded> => {
  if (called.length === 0) return nothing
  await rows.prefetch(called.map(({ queue }) => ({ table: 'wakes', key: [queue] })))
  for (const { queue, urgency } of called) {
    const row = await rows.get('wakes', [queue])
    const known = row === undefined ? undefined : wakeOf(row)
    rows.put('wakes', { ...arrived(known, { queue, position, urgency, at }) })
  }
  return { woken: called.length, looked: called.length }
}

const acknowledge = async (queues: Readonly<Record<string, number>>, at: number, rows: WorkingSet): Promise<Folded> => {
  const all = Object.entries(queues)
  await rows.prefetch(all.map(([queue]) => ({ table: 'wakes', key: [queue] })))
  for (const [queue, upTo] of all) {
    const row = await rows.get('wakes', [queue])
    if (row === undefined) continue
    const left = acknowledged(wakeOf(row), upTo, at)
    if (left === undefined) rows.remove('wakes', [queue])
    else rows.put('wakes', { ...left })
  }
  return { woken: 0, looked: all.length }
}
