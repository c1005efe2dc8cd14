/** Signals of another server: to whoever is here now, and, at the group's hub, to its other servers. None of it is kept, or waited for. */
import type { RateLimiter } from '../../api/http/budgets/rateLimits.js'
import { groupAggregate } from '../../commands/group/group.js'
import { serversBeside } from '../../commands/group/servers.js'
import { signallerOf } from '../../commands/group/signals.js'
import { groupStream } from '../../events/group.js'
import type { Limits } from '../../limits/limits.js'
import { groupIdFromBytes } from '../../mls/wire/ids.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import { decodeSignal } from '../../mls/wire/signal.js'
import { malformed } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import type { TellServers } from '../signals/tellServers.js'
import { decodeBody } from '../wire/body.js'
import { signals } from '../wire/signals.js'
import { peerRoute } from './door.js'
import type { PeerRoute } from './door.js'
import { refuseBody } from './refuseBody.js'

export const signalsPath = '/federation/v1/signals'

export type SignalsRouteDependencies = {
  readonly streams: Pick<Streams, 'read'>
  readonly domain: Domain
  readonly limits: Pick<Limits, 'signalBytesMax'>
  readonly rateLimiter: Pick<RateLimiter, 'charge'>
  /** To who is connected to this server. */
  readonly passOn: (signal: { readonly group: GroupId; readonly leafIndex: number; readonly bytes: Uint8Array }) => void
  readonly tell: TellServers
}

export const signalsRoute = (deps: SignalsRouteDependencies): PeerRoute =>
  peerRoute({
    method: 'post',
    path: signalsPath,
    tag: 'Federation',
    summary: 'Tell signals of groups',
    description:
      'Signals one after another (docs/federation.md, Signals), of members of the peer to the hub, or of the peer’s groups to a follower. Each that holds is told at once to whoever is there, the others are passed over: nothing is kept, and nothing more is answered.',
    access: 'peer',
    mls: true,
    success: { status: 204 },
    problems: ['too-large'],
    known: 'unrecorded',
    answer: async ({ principal, mls }) => {
      const all = mls === undefined ? undefined : decodeBody(signals, mls)
      if (all === undefined) return malformed('the body is signals')
      if (!all.ok) return refuseBody(all.refusal)
      for (const bytes of all.value) await take(deps, principal.domain, bytes)
      return { status: 204 }
    },
  })

const take = async (deps: SignalsRouteDependencies, peer: Domain, bytes: Uint8Array): Promise<void> => {
  const { streams, domain, limits, rateLimiter, passOn, tell } = deps
  if (isOver(deps, [{ rate: 'signalsPerPeer', key: peer }])) return
  const signal = decodeSignal(bytes, limits.signalBytesMax)
  const group = signal.ok ? groupIdFromBytes(signal.value.groupId) : undefined
  if (!signal.ok || group === undefined) return
  const { state } = await streams.read(groupAggregate, groupStream(group))
  if (state.status !== 'active') return
  const signaller = signallerOf(state, { peer, ours: domain }, signal.value)
  if (signaller === undefined) return
  if (isOver({ rateLimiter }, [{ rate: 'signalsPerClientAndGroup', key: `${signaller.client} ${group}` }])) return
  passOn({ group, leafIndex: signal.value.leafIndex, bytes })
  if (state.hub === undefined) tell(serversBeside(state, domain, peer), bytes)
}

const isOver = (
  { rateLimiter }: Pick<SignalsRouteDependencies, 'rateLimiter'>,
  charges: Parameters<RateLimiter['charge']>[0],
): boolean => rateLimiter.charge(charges).retryAfter !== undefined
