/** Under which roots members of other domains are believed: those that are pinned here. */
import { peerAggregate } from '../../commands/peer/peer.js'
import { peerStream } from '../../events/peerOutbox.js'
import { fromBase64url } from '../../mls/bytes/base64url.js'
import type { Domain } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { PeerNotFederating, PeerRefused, PeerUnreachable } from './peerErrors.js'
import type { Trust } from './trust.js'

export type ForeignRoots = {
  /** DER, the newest first, and those before it that led to it; none of a domain that was never met. Asks the log alone. */
  readonly pinned: (domain: Domain) => Promise<readonly Uint8Array[]>
  /** Sees that a root is pinned: a domain that was never met is met now, by its directory. What it cannot be met for. */
  readonly meet: (domain: Domain) => Promise<Rejected | undefined>
  /** The same of domains whose members are to be let into a group: those are spoken to. */
  readonly admit: (domains: Iterable<Domain>) => Promise<Rejected | undefined>
}

export type ForeignRootsDependencies = {
  readonly streams: Pick<Streams, 'read'>
  readonly trust: Pick<Trust, 'standingOf' | 'directoryOf' | 'met'>
}

export const foreignRoots = ({ streams, trust }: ForeignRootsDependencies): ForeignRoots => {
  const pinned: ForeignRoots['pinned'] = async (domain) => {
    const { root, former } = (await streams.read(peerAggregate, peerStream(domain))).state
    return root === null ? [] : [root, ...former].flatMap((one) => fromBase64url(one) ?? [])
  }
  const meet: ForeignRoots['meet'] = async (domain) => {
    if ((await pinned(domain)).length > 0) return undefined
    try {
      await trust.directoryOf(domain)
    } catch (error) {
      if (error instanceof PeerUnreachable) return reject({ code: 'peer-unreachable', domains: [domain] })
      if (error instanceof PeerNotFederating || error instanceof PeerRefused) return notSpokenTo
      throw error
    }
    await trust.met(domain)
    return undefined
  }
  return {
    pinned,
    meet,
    admit: async (domains) => {
      // Side by side: a Commit that brings several waits for the slowest of them alone.
      const met = await Promise.all(
        Array.from(domains, async (domain) =>
          (await trust.standingOf(domain)).isSpokenTo ? meet(domain) : notSpokenTo,
        ),
      )
      return met.find((refused) => refused !== undefined)
    },
  }
}

const notSpokenTo = reject({ code: 'not-allowed', capability: 'federate' })
