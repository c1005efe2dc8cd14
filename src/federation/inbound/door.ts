/**
 * The peers' door: whoever asks here is another server, by its signature over what it asks, of whom and when. Checks go from
 * cheap to dear, and nothing of a stranger is remembered before its signature held.
 */
import type { IncomingMessage } from 'node:http'
import type { Callers } from '../../api/http/address/callers.js'
import type { Anonymous, Door } from '../../api/http/door.js'
import type { RateLimiter } from '../../api/http/budgets/rateLimits.js'
import { routeOf } from '../../api/http/route.js'
import type { RouteOf } from '../../api/http/route.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import { malformed, reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { keepNewest } from '../../structures/newest.js'
import { PeerNotFederating, PeerRefused, PeerUnreachable } from '../peers/peerErrors.js'
import type { Standing, Trust } from '../peers/trust.js'
import { isDigestOf } from '../signatures/contentDigest.js'
import { isRequestSignature } from '../signatures/requestSignature.js'
import { countersOf, takeAll } from './counters.js'
import type { Counters } from './counters.js'
import { readSignedRequest, unsigned } from './signedRequest.js'
import type { SaidRequest } from './signedRequest.js'
import type { InHand } from './inHand.js'
import { refuseTime } from './times.js'

/** Another server. It speaks for its own users, and for groups whose ids are of its domain: nothing else is believed of it. */
export type PeerPrincipal = {
  readonly kind: 'peer'
  readonly domain: Domain
  /** Whether it has the ordinary budgets; the others are few, and shared by all that look like it. */
  readonly isKnown: boolean
  /** What it is counted by while it is not known: its registrable domain, and the network it asks from. */
  readonly counters: Counters
}
type Principals = { readonly anonymous: Anonymous; readonly peer: PeerPrincipal }
type Principal = Principals[keyof Principals]

export type PeerRoute = RouteOf<Principals>
export const peerRoute = routeOf<Principals>()

export type PeerDoorDependencies = {
  readonly domain: Domain
  /** How peers may call us in @authority: host, and port where it is not the scheme's own. Never what a request says. */
  readonly authorities: () => readonly string[]
  readonly trust: Trust
  /** True for the first who asks for a name before `until` (ms). */
  readonly useOnce: (name: string, until: number) => Promise<boolean>
  /** Where used nonces are forgotten when the process ends: when it began, ms. */
  readonly forgetsBefore: number | undefined
  readonly rateLimiter: RateLimiter
  readonly callers: Callers
  readonly inHand: Pick<InHand, 'take'>
  readonly clock: Pick<Clock, 'now'>
  /** A peer showed itself. */
  readonly showed: (peer: Domain) => void
}

export type PeerDoor = Door<keyof Principals, Principal> & {
  /** The field Signature of a request that was believed: what the answer is bound to. */
  readonly believed: (request: IncomingMessage) => string | undefined
}

export const peerDoor = (deps: PeerDoorDependencies): PeerDoor => {
  const believed = new WeakMap<IncomingMessage, SaidRequest['request'] & { readonly signature: string }>()

  /** From where domains asked with good signatures: what others send in their names from elsewhere is not held against them. */
  const homes = keepNewest<string, true>(homesMax)

  const notProven = (source: Domain, counters: Counters): void => {
    if (counters.network !== undefined)
      deps.rateLimiter.owe([{ rate: 'signatureFailuresPerNetwork', key: counters.network }])
    if (homes.has(homeOf(source, counters))) deps.trust.refused(source)
  }

  const identify = async (request: IncomingMessage): Promise<Principal | Rejected> => {
    const said = readSignedRequest(request)
    if ('rejected' in said) return said
    const refused = refuseForm(deps, said)
    if (refused !== undefined) return refused
    const { source } = said.request
    const counters = countersOf(source, deps.callers.limitedBy(request))
    const failing = blockedIn(deps, counters)
    if (failing !== undefined) return failing
    const standing = await deps.trust.standingOf(source)
    if (!standing.isSpokenTo) return reject({ code: 'not-allowed', capability: 'federate' })
    const limited = limitBefore(deps, counters, standing)
    if (limited !== undefined) return limited
    const unproven = await prove(deps, said)
    if (unproven !== undefined) {
      if (unproven.rejected.code === 'not-authenticated') notProven(said.request.source, counters)
      return unproven
    }
    homes.set(homeOf(source, counters), true)
    believed.set(request, { ...said.request, signature: String(request.headers['signature']) })
    const late = limitAfter(deps, source, counters, standing) ?? (await useUp(deps, said))
    if (late !== undefined) return late
    const { isKnown } = standing
    // Before anything of its body is read.
    const busy = deps.inHand.take(request, { name: isKnown ? source : counters.registrable, isKnown })
    if (busy !== undefined) return busy
    await deps.trust.met(source)
    deps.showed(source)
    return { kind: 'peer', domain: source, isKnown, counters }
  }

  return {
    identify,
    admits: (access, { kind }) => access === kind,
    nameOf: (principal, proof) => (principal.kind === 'peer' ? `peer ${principal.domain}` : `anonymous ${proof}`),
    refusesBody: (request, body) => {
      const said = believed.get(request)
      return said === undefined || isDigestOf(said.contentDigest, body)
        ? undefined
        : malformed('the body is not the one whose content-digest was signed')
    },
    believed: (request) => believed.get(request)?.signature,
  }
}

const homesMax = 10_000
const homeOf = (source: Domain, { network }: Counters): string => `${source} ${network ?? 'here'}`

/** What costs nothing to see. */
const refuseForm = (deps: PeerDoorDependencies, { request, stamp }: SaidRequest): Rejected | undefined => {
  if (request.destination !== deps.domain) return unsigned(`this is ${deps.domain}`)
  if (request.source === deps.domain) return unsigned('this is our own name')
  return refuseTime(stamp, deps.clock.now(), deps.forgetsBefore)
}

/** Where signatures were refused again and again none is verified for a while. */
const blockedIn = ({ rateLimiter }: PeerDoorDependencies, { network }: Counters): Rejected | undefined => {
  const retryAfter = network === undefined ? undefined : rateLimiter.blocked('signatureFailuresPerNetwork', network)
  return retryAfter === undefined ? undefined : reject({ code: 'rate-limited', retryAfter })
}

/** What a stranger may make us do before it has shown who it is: by where it asks from, which it cannot choose. */
const limitBefore = (
  { rateLimiter }: PeerDoorDependencies,
  { network }: Counters,
  { isKnown }: Standing,
): Rejected | undefined =>
  isKnown || network === undefined ? undefined : takeAll(rateLimiter, [{ rate: 'requestsPerNewPeer', key: network }])

/** Its key, and then its signature, for whichever of our names it was made. */
const prove = async (
  deps: PeerDoorDependencies,
  { request, found, stamp }: SaidRequest,
): Promise<Rejected | undefined> => {
  const key = await keyOf(deps, request.source, stamp.keyid)
  if (key !== undefined && 'rejected' in key) return key
  const proven =
    key !== undefined &&
    deps.authorities().some((authority) => isRequestSignature({ ...request, authority }, found, key.bytes))
  return proven ? undefined : unsigned('not signed for us by a key of that domain')
}

const keyOf = async (
  { trust }: PeerDoorDependencies,
  source: Domain,
  id: string,
): Promise<{ readonly bytes: Uint8Array } | Rejected | undefined> => {
  try {
    const bytes = await trust.keyOf(source, id)
    return bytes === undefined ? undefined : { bytes }
  } catch (error) {
    if (error instanceof PeerUnreachable) return reject({ code: 'peer-unreachable', domains: [source] })
    if (error instanceof PeerNotFederating) return unsigned('that domain publishes no keys')
    if (error instanceof PeerRefused) return unsigned('the root of that domain is not the one that is pinned here')
    throw error
  }
}

/** By its name, once it is known to be its own: nobody uses up another's budget. */
const limitAfter = (
  { rateLimiter }: PeerDoorDependencies,
  source: Domain,
  { network, registrable }: Counters,
  { isKnown, wasSeen }: Standing,
): Rejected | undefined => {
  if (isKnown) return takeAll(rateLimiter, [{ rate: 'requestsPerPeer', key: source }])
  const newcomers = [registrable, ...(network === undefined ? [] : [network])]
  return takeAll(rateLimiter, [
    { rate: 'requestsPerNewPeer', key: registrable },
    ...(wasSeen ? [] : newcomers.map((key) => ({ rate: 'newPeersPerNetwork', key }) as const)),
  ])
}

/** Only now: who cannot sign uses up nobody's nonce. */
const useUp = async ({ useOnce }: PeerDoorDependencies, said: SaidRequest): Promise<Rejected | undefined> => {
  const { nonce, expires } = said.stamp
  const isFirst = await useOnce(`peer ${said.request.source} ${nonce}`, (expires + skewS) * 1_000)
  return isFirst ? undefined : unsigned('this nonce was used')
}

/** Between the clocks of our own processes. */
const skewS = 10
