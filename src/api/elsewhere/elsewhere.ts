/** What is done for clients of ours where another server decides. */
import { z } from 'zod'
import { described, timeOut } from '../../contract/fields.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain, UserId } from '../../mls/wire/ids.js'
import type { AcceptedElsewhere } from '../../ports/peers.js'
import type { OtherServers } from '../../ports/peers.js'
import type { Charge } from '../http/budgets/rateLimits.js'
import type { CommandReply, RouteShape } from '../http/route.js'
import type { ClientPrincipal } from '../principal.js'
import type { Until } from './until.js'

export type Elsewhere = {
  readonly others: OtherServers
  /** Waits for what comes back in sequence. */
  readonly until: Until
}

/** What a route may answer beyond its own codes where another server is asked. */
export const elsewhereProblems = ['peer-unreachable', 'peer-not-federating'] as const

/** What it costs a client to have somebody looked for at another server: at ours, nothing. */
export const costOfAsking = (
  user: UserId,
  ours: Domain,
  { client }: Pick<ClientPrincipal, 'client'>,
): readonly Charge[] => (domainOf(user) === ours ? [] : [{ rate: 'directoryLookupsPerClient', key: client }])

/** Taken by a hub: where it stands in our log is not known yet. */
export type TakenElsewhere = { readonly elsewhere: AcceptedElsewhere }

export const acceptedField = described(
  z.string().max(64).optional(),
  'What the group’s server calls what it accepted: give it to a read as `atLeast` to see its effect',
  '0b0f5c2e-9c2b-5d0e-8a55-8d2c3b7a1f10',
)

const placedElsewhere = {
  accepted: acceptedField,
  serverTime: timeOut.describe('When the group’s server accepted it, by its clock, ms since 1970'),
}

/** The answer to a command of a group of another server, beside the one of a group of this one; `title` names it in the document. */
export const alsoElsewhere = (title: string, fields: z.ZodRawShape): NonNullable<RouteShape['also']>[number] => ({
  status: 202,
  description: 'The group’s server has accepted it; it comes back from there',
  body: z.object({ ...fields, ...placedElsewhere }).meta({ title, description: 'What another server accepted' }),
})

/** Of commands that have nothing else to tell. */
export const placeElsewhereAnswer = z
  .object(placedElsewhere)
  .meta({ title: 'PlaceElsewhere', description: 'What another server accepted' })

export const decidedElsewhere: NonNullable<RouteShape['also']>[number] = {
  status: 202,
  description: 'The group’s server has accepted it; it comes back from there',
  body: placeElsewhereAnswer,
}

/** As clients are told it, here and on websockets. */
export const placeElsewhere = ({
  accepted,
  at,
}: AcceptedElsewhere): { readonly accepted?: string; readonly serverTime: number } => ({
  ...(accepted === undefined ? {} : { accepted }),
  serverTime: at,
})

/** A hub does not say whether it had been asked before. */
export const replyElsewhere = (taken: AcceptedElsewhere, fields: object = {}): CommandReply => ({
  status: 202,
  body: { ...fields, ...placeElsewhere(taken) },
  repeated: false,
})
