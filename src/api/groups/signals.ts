/** Signals: checked as messages are, told to who is there, and kept nowhere. Over HTTP and, by the same function, over the websocket. */
import { z } from 'zod'
import { groupAggregate } from '../../commands/group/group.js'
import type { By } from '../../commands/group/access.js'
import { rejectionOf } from '../../commands/group/refusals.js'
import { serversBeside } from '../../commands/group/servers.js'
import { refuseSignal } from '../../commands/group/signals.js'
import { bytesIn } from '../../contract/fields.js'
import type { PassOn } from '../../delivery/signals/passOn.js'
import { groupStream } from '../../events/group.js'
import type { Limits } from '../../limits/limits.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import { decodeSignal } from '../../mls/wire/signal.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import { isBehind, recordOf } from '../elsewhere/recordOf.js'
import type { Until } from '../elsewhere/until.js'
import type { Charge } from '../http/budgets/rateLimits.js'
import { groupParams, tag } from './groupFields.js'

export type Signalling = { readonly group: GroupId; readonly signal: Uint8Array }

/** Undefined when it went to whoever is there. The caller has counted it (`costOfSignal`). Throws what the store throws. */
export type TakeSignal = (by: By, signalling: Signalling) => Promise<Rejected | undefined>

export type SignalDependencies = {
  readonly streams: Pick<Streams, 'read'>
  readonly domain: Domain
  readonly limits: Pick<Limits, 'signalBytesMax'>
  /** To who is connected to this server. */
  readonly passOn: PassOn
  /** Undefined: groups of other servers are not known here, and nobody of them is in ours. */
  readonly others?: SignalsElsewhere | undefined
}

export type SignalsElsewhere = {
  readonly until: Until
  /** Now or never: it neither waits nor throws. */
  readonly tell: (servers: readonly Domain[], signal: Uint8Array) => void
}

/** Its own members hear it from the server that takes it, those of other servers by way of the group's hub. */
export const makeTakeSignal =
  ({ streams, domain, limits, passOn, others }: SignalDependencies): TakeSignal =>
  async (by, { group, signal: bytes }) => {
    const signal = decodeSignal(bytes, limits.signalBytesMax)
    if (!signal.ok) return rejectionOf(signal.refusal, 'proposal')
    const { epoch, leafIndex } = signal.value
    const isOurs = domainOf(group) === domain
    if (!isOurs && others === undefined) return reject({ code: 'no-such-group' })
    const state =
      isOurs || others === undefined
        ? (await streams.read(groupAggregate, groupStream(group))).state
        : await recordOf({ streams, until: others.until }, group, by, epoch)
    const refused = refuseSignal(state, by, signal.value)
    if (refused !== undefined)
      return !isOurs && isBehind(state, by, epoch) ? reject({ code: 'read-model-behind' }) : refused
    passOn({ group, leafIndex, bytes })
    if (others !== undefined && state.status === 'active') others.tell(serversBeside(state, domain), bytes)
    return undefined
  }

/**
 * A budget of its own for each group. It says nothing of groups that one is not in: what is refused costs a command, and who
 * owes one waits here, too.
 */
export const costOfSignal = ({ client }: By, group: GroupId): readonly Charge[] => [
  { rate: 'signalsPerClientAndGroup', key: `${client} ${group}` },
  { rate: 'commandsPerClient', key: client, cost: 0 },
]
export const costOfRefusedSignal = ({ client }: By): readonly Charge[] => [{ rate: 'commandsPerClient', key: client }]

export const signalRoutes = ({ takeSignal }: { readonly takeSignal: TakeSignal }): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/groups/{group}/signals',
    tag,
    summary: 'Signal to the members that are online',
    description:
      'Typing, presence, reading: sealed by the member (docs/wire.md, Signals), of the current epoch, and told at once to the members whose queues are open, here or at another server, or not at all. It is stored nowhere, has no position and no order; a member whose connection is slow misses it. It has a budget of its own and costs nothing else.',
    access: 'client',
    params: groupParams,
    body: z.strictObject({ signal: bytesIn.describe('A Signal, signed by the leaf of this client') }),
    success: { status: 204 },
    problems: [
      'no-such-group',
      'not-a-member',
      'group-deleted',
      'identity-mismatch',
      'wrong-epoch',
      'read-model-behind',
      'unsupported-message',
      'too-large',
    ],
    known: 'unrecorded',
    costsOnlyRates: true,
    rates: ({ principal, params }) => costOfSignal(principal, params.group),
    costsMore: ({ principal }, reply) => ('rejected' in reply ? costOfRefusedSignal(principal) : []),
    answer: async ({ principal, params: { group }, body: { signal } }) =>
      (await takeSignal(principal, { group, signal })) ?? { status: 204 },
  }),
]
