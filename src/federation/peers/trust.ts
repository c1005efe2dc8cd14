/**
 * What we believe of other servers: by which keys they speak, under the root that was pinned at first sight, and whether
 * we speak to them at all. Their directories say it, the log remembers it.
 */
import { followRoot, peerAggregate, refuseSignature, seePeer } from '../../commands/peer/peer.js'
import type { Peer } from '../../commands/peer/peer.js'
import type { PeerEvent, PublishedKey } from '../../events/peer.js'
import { peerStream } from '../../events/peerOutbox.js'
import { fromBase64url } from '../../mls/bytes/base64url.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import { derivedId } from '../../streams/commandId.js'
import type { Decide } from '../../streams/decider.js'
import type { Streams } from '../../streams/streams.js'
import { keepNewest } from '../../structures/newest.js'
import { onceEach } from '../../structures/onceEach.js'
import type { Directory } from './directoryDocument.js'
import type { Directories } from './directories.js'
import { PeerRefused, PeerUnreachable } from './peerErrors.js'
import { isSpokenTo, knownFrom } from './policy.js'
import type { FederationPolicy } from './policy.js'
import { statementsTo } from './rootStatement.js'

export type Standing = { readonly isSpokenTo: boolean; readonly isKnown: boolean; readonly wasSeen: boolean }

export type Trust = {
  readonly standingOf: (domain: Domain) => Promise<Standing>
  /** Its directory, where its root is the one that is believed. Throws PeerUnreachable, PeerNotFederating, PeerRefused. */
  readonly directoryOf: (domain: Domain) => Promise<Directory>
  /** A public key of it that holds now; undefined where it has none of that name. Throws the same. */
  readonly keyOf: (domain: Domain, id: string) => Promise<Uint8Array | undefined>
  /** It proved to be itself: what its directory says is on record from now on. */
  readonly met: (domain: Domain) => Promise<void>
  /** A signature in its name was refused, from where it asks from. */
  readonly refused: (domain: Domain) => void
}

export type TrustDependencies = {
  readonly streams: Pick<Streams, 'execute' | 'read'>
  readonly directories: Directories
  readonly policy: FederationPolicy
  readonly clock: Pick<Clock, 'now'>
  readonly logger: Pick<Logger, 'error' | 'warn'>
}

/** Clocks differ by so much, and a request may be on its way for a minute. */
const keySkewMs = 70_000
const refusedMax = 10_000
/** How often a refusal is worth a look at what is on record of it. */
const recordedEveryMs = 60 * 60 * 1_000

export const trustPeers = ({ streams, directories, policy, clock, logger }: TrustDependencies): Trust => {
  const refusals = keepNewest<Domain, number>(refusedMax)
  /** Directories whose word is on record. */
  const recorded = new WeakSet<Directory>()

  const peerOf = async (domain: Domain): Promise<Peer> => (await streams.read(peerAggregate, peerStream(domain))).state

  /** Whoever has another root than the pinned one is not the one we knew, whatever its certificate of TLS says. */
  const believed = (domain: Domain, { root }: Peer, directory: Directory): Directory => {
    if (root === null || pathTo(domain, root, directory) !== undefined) return directory
    logger.error('a peer has another root than the one that is pinned, and no statement of it', { peer: domain })
    throw new PeerRefused(domain, 'its root is not the one that is pinned')
  }

  /** Where it cannot be asked, the keys that it had hold as long as they said. */
  const keysOf = async (domain: Domain, ask: Directories['of']): Promise<readonly PublishedKey[]> => {
    const peer = await peerOf(domain)
    try {
      return believed(domain, peer, await ask(domain)).keys
    } catch (error) {
      if (error instanceof PeerUnreachable && peer.seenAt !== null) return peer.keys
      throw error
    }
  }

  const validKey = (keys: readonly PublishedKey[], id: string): PublishedKey | undefined => {
    const now = clock.now()
    return keys.find((key) => key.id === id && key.notBefore - keySkewMs <= now && now <= key.notAfter + keySkewMs)
  }

  const record = async (domain: Domain, decide: Decide<Peer, PeerEvent>, what: string): Promise<void> => {
    const at = clock.now()
    const command = { id: derivedId(peerStream(domain), what, String(at)), bodyHash: 'peer', at }
    await streams.execute(peerAggregate, peerStream(domain), command, decide)
  }

  const failed = (error: unknown): void => {
    logger.warn('a refused signature is not on record', { error: String(error) })
  }

  return {
    standingOf: async (domain) => {
      const peer = await peerOf(domain)
      const refusedAt = Math.max(peer.refusedAt ?? -Infinity, refusals.get(domain) ?? -Infinity)
      return {
        isSpokenTo: isSpokenTo(policy, domain, peer),
        isKnown: clock.now() >= knownFrom(policy, domain, { ...peer, refusedAt }),
        wasSeen: peer.seenAt !== null,
      }
    },
    directoryOf: async (domain) => {
      const peer = await peerOf(domain)
      return believed(domain, peer, await directories.of(domain, peer.seenAt !== null))
    },
    keyOf: async (domain, id) => {
      const key = validKey(await keysOf(domain, directories.of), id)
      const found = key ?? validKey(await keysOf(domain, directories.again), id)
      return found === undefined ? undefined : bytesOf(found)
    },
    met: async (domain) => {
      const directory = await directories.of(domain).catch(() => undefined)
      if (directory === undefined || recorded.has(directory)) return
      const { root } = await peerOf(domain)
      for (const { from, to, signature } of root === null ? [] : (pathTo(domain, root, directory) ?? []))
        await record(domain, followRoot({ from, root: to, signature }), `root ${to}`)
      await record(
        domain,
        seePeer({ root: directory.root, keys: directory.keys, former: formerIn(domain, directory) }),
        'seen',
      )
      recorded.add(directory)
    },
    refused: (domain) => {
      const now = clock.now()
      const isNew = now - (refusals.get(domain) ?? -Infinity) >= recordedEveryMs
      refusals.set(domain, now)
      // Other processes, and the next start, are to know it too.
      if (isNew) record(domain, refuseSignature(now), 'refused').catch(failed)
    },
  }
}

/** Roots whose own word leads to the one that it has now. */
const formerIn = (domain: Domain, { root, rootStatements }: Directory): readonly string[] =>
  rootStatements
    .map(({ from }) => from)
    .filter((from) => from !== root && statementsTo(domain, from, root, rootStatements) !== undefined)
    .toReversed()

const pathTo = (domain: Domain, root: string, directory: Directory) =>
  statementsTo(domain, root, directory.root, directory.rootStatements)

/** The same array for the same key, so that it is imported once. */
const bytesOf = onceEach(({ publicKey }: PublishedKey): Uint8Array | undefined => fromBase64url(publicKey))
