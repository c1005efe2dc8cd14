/**
 * The one way out of this house: a request goes to an address that was checked, and to that address alone, so that a name
 * that says something else a moment later changes nothing (docs/decisions/0013).
 */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { rootCertificates } from 'node:tls'
import { onAbort } from '../../ports/abort.js'
import { OutboundUnreachable } from '../../ports/outbound.js'
import type { Outbound, OutboundAnswer, OutboundRequest, OutboundRule } from '../../ports/outbound.js'
import { addressesOf } from './addresses.js'
import type { Resolvers } from './addresses.js'
import { exchange, NotConnected } from './exchange.js'
import { remembered } from './remembered.js'
import { resolveByDns, resolveBySystem } from './resolve.js'
import type { Resolve } from './resolve.js'
import { targetOf } from './target.js'
import type { Target } from './target.js'
import { unlessAborted } from './unlessAborted.js'

export type OutboundOptions = {
  readonly rule: OutboundRule
  /** In place of DNS and of the system: for tests. */
  readonly resolve?: Resolve
  /** PEM. `ca`: whom to believe besides those of Node; the others: who we are, where peers ask for a certificate. */
  readonly tls?: { readonly ca?: readonly string[]; readonly cert?: string; readonly key?: string }
}

/** Shorter than the 5 s that many servers keep an idle connection: none of ours meets one that is being closed. */
const idleMs = 4_000
const connections = { keepAlive: true, timeout: idleMs, maxSockets: 64, maxFreeSockets: 8, maxTotalSockets: 1_024 }
const connectMsMin = 250

export const openOutbound = ({ rule, resolve, tls = {} }: OutboundOptions): Outbound => {
  const agents = { http: new HttpAgent(connections), https: new HttpsAgent({ ...connections, ...trusting(tls) }) }
  const resolvers = resolversOf(resolve)
  const closing = new AbortController()

  const send = async (target: Target, request: OutboundRequest, signal: AbortSignal): Promise<OutboundAnswer> => {
    const addresses = await unlessAborted(signal, addressesOf(target, resolvers))
    const agent = target.secure ? agents.https : agents.http
    const connectMs = Math.max(connectMsMin, request.timeoutMs / (addresses.length + 1))
    let failed: unknown
    for (const address of addresses) {
      try {
        return await exchange({ target, address, agent, request, connectMs, signal })
      } catch (error) {
        if (!(error instanceof NotConnected)) throw error
        failed = error
      }
    }
    throw failed
  }

  return {
    request: async (url, request) => {
      const target = targetOf(url, rule)
      return inTime(target, request, closing.signal, (signal) => send(target, request, signal))
    },
    close: () => {
      closing.abort(new OutboundUnreachable('closing'))
      agents.http.destroy()
      agents.https.destroy()
      return Promise.resolve()
    },
  }
}

const trusting = ({ ca, ...own }: NonNullable<OutboundOptions['tls']>) => ({
  rejectUnauthorized: true,
  ...(ca === undefined ? {} : { ca: [...rootCertificates, ...ca] }),
  ...own,
})

const resolversOf = (given: Resolve | undefined): Resolvers => {
  const now = () => performance.now()
  const [ofNamed, ofOthers] = given === undefined ? [resolveBySystem, resolveByDns()] : [given, given]
  return { ofNamed: remembered(ofNamed, now), ofOthers: remembered(ofOthers, now) }
}

/** One deadline for all there is to it; who gives up first says why. */
const inTime = async (
  { authority }: Target,
  { timeoutMs, signal }: OutboundRequest,
  closing: AbortSignal,
  work: (signal: AbortSignal) => Promise<OutboundAnswer>,
): Promise<OutboundAnswer> => {
  const stopping = new AbortController()
  const late = setTimeout(() => {
    stopping.abort(new OutboundUnreachable(`${authority}: no whole answer within ${timeoutMs} ms`))
  }, timeoutMs)
  const listening = [signal, closing].flatMap((from) =>
    from === undefined
      ? []
      : [
          onAbort(from, () => {
            stopping.abort(from.reason)
          }),
        ],
  )
  try {
    return await work(stopping.signal)
  } finally {
    clearTimeout(late)
    for (const stop of listening) stop()
  }
}
