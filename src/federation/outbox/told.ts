/** Facts that followers hear of as they are. Reservations concern nobody else, and each server lets its own copies go. Pure. */
import type { AnyEvent } from '../../events/anyEvent.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { ClientId, Domain } from '../../mls/wire/ids.js'
import type { ItemKind } from '../wire/sequencedItem.js'

const told = [
  'MessageAccepted',
  'CommitAccepted',
  'ProposalAccepted',
  'RoleChanged',
  'SettingsChanged',
  'ProfileChanged',
  'RemovalRequired',
  'FaultReported',
  'GroupReset',
  'GroupDeleted',
] as const
export type Told = Extract<AnyEvent, { type: (typeof told)[number] }>

export const isTold = (event: AnyEvent): event is Told => told.some((type) => type === event.type)

/** Whether a server that follows is sent it: a message for some goes to those alone that somebody of them is of. */
export const isFor = (event: Told, peer: string): boolean =>
  event.type !== 'MessageAccepted' || (event.data.servers?.some((one) => one === peer) ?? true)

/** As what it is sent to whoever follows already. */
export const kindOf = ({ type }: Told): Exclude<ItemKind, 'gap' | 'join'> => {
  if (type === 'MessageAccepted') return 'message'
  if (type === 'ProposalAccepted') return 'proposal'
  return type === 'CommitAccepted' ? 'commit' : 'notice'
}

type CommitData = Extract<AnyEvent, { type: 'CommitAccepted' }>['data']

/** By how many leaves each other domain grows; those that only change places are there with 0. */
export const leafChanges = ({ added, removed }: CommitData, domain: Domain): ReadonlyMap<string, number> => {
  const by = new Map<string, number>()
  const count = (client: ClientId, one: number): void => {
    const of = domainOf(client)
    if (of !== domain) by.set(of, (by.get(of) ?? 0) + one)
  }
  for (const { client } of removed) count(client, -1)
  for (const { client } of added) count(client, 1)
  return by
}
