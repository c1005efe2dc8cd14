/** The directories of other servers: asked for when they are needed, and kept as long as their headers say, within bounds. */
import { LRUCache } from 'lru-cache'
import type { Domain } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import type { Outbound } from '../../ports/outbound.js'
import { directoryBytesMax, directoryPath, readDirectory } from './directoryDocument.js'
import type { Directory } from './directoryDocument.js'
import { keptMs } from './freshness.js'
import { hostAndPort } from './hostAndPort.js'
import { PeerNotFederating, PeerUnreachable } from './peerErrors.js'

export type Directories = {
  /**
   * Throws PeerUnreachable, PeerNotFederating. `wasMet`: it is one of those that are on record, asked at our own pace; that it was
   * not there holds for a moment alone, or whoever tries it again would hear of its first silence long after it is back.
   */
  readonly of: (domain: Domain, wasMet?: boolean) => Promise<Directory>
  /** The same; asked for again, unless that was within the last minute. */
  readonly again: (domain: Domain) => Promise<Directory>
  /** It is there: a directory that could not be had a moment ago is asked for again when it is needed. */
  readonly showed: (domain: Domain) => void
  /** The URL at which something of a domain's is really asked for. Throws PeerNotFederating. */
  readonly reachedAt: (domain: Domain, url: string) => string
}

export type DirectoriesDependencies = {
  readonly outbound: Outbound
  /** Where domains are that need not be looked for: their origins. */
  readonly map: ReadonlyMap<Domain, string>
  readonly clock: Pick<Clock, 'now'>
}

const domainsMax = 2_000
/** Of all that are kept: a directory is a few KiB, and whoever makes up names makes long ones. */
const keptBytesMax = 16 * 1024 * 1024
/** Servers that were not heard yet and are asked at once: whoever names many of them keeps nobody else from being asked. */
const strangersAtOnceMax = 64
const timeoutMs = 10_000
/** One that was not there is not asked for again before that; nor is one that was. */
const againMs = 60_000
/** As long as whoever tries one that was met waits at least: all that come at once wait for one answer. */
const againMetMs = 500

type Kept = {
  readonly found: Promise<Directory>
  readonly askedAt: number
  until: number
  wasHeard: boolean
  failed: boolean
}
type Fetched = { readonly directory: Directory; readonly ms: number; readonly bytes: number }

export const knowDirectories = ({ outbound, map, clock }: DirectoriesDependencies): Directories => {
  const kept = new LRUCache<Domain, Kept>({ max: domainsMax, maxSize: keptBytesMax })
  let strangers = 0

  const ask = (domain: Domain, wasMet = false): Promise<Directory> => {
    const wasHeard = wasMet || kept.get(domain)?.wasHeard === true
    if (!wasHeard && strangers >= strangersAtOnceMax)
      return Promise.reject(new PeerUnreachable(domain, 'too many servers are met at once'))
    const askedAt = clock.now()
    const answer = wasHeard ? fetched(domain) : amongStrangers(() => fetched(domain))
    const found = answer.then(({ directory }) => directory)
    const entry: Kept = { found, askedAt, until: askedAt + againMs, wasHeard, failed: false }
    kept.set(domain, entry, { size: 1 })
    answer.then(
      ({ ms, bytes }) => {
        entry.until = askedAt + ms
        entry.wasHeard = true
        if (kept.peek(domain) !== entry) return
        kept.delete(domain)
        kept.set(domain, entry, { size: bytes })
      },
      () => {
        entry.failed = true
      },
    )
    return found
  }

  const amongStrangers = async (ask: () => Promise<Fetched>): Promise<Fetched> => {
    strangers++
    try {
      return await ask()
    } finally {
      strangers--
    }
  }

  /** What an operator named for one domain is not for others to name. */
  const named = new Set(Array.from(map.values(), hostAndPort))

  const reachedAt: Directories['reachedAt'] = (domain, url) => {
    const origin = map.get(domain)
    if (origin === undefined) {
      if (named.has(hostAndPort(url))) throw new PeerNotFederating(domain, 'it names the address of another server')
      return url
    }
    const { pathname, search } = new URL(url)
    return origin + pathname + search
  }

  const fetched = async (domain: Domain): Promise<Fetched> => {
    const url = reachedAt(domain, `https://${domain}${directoryPath}`)
    const headers = { accept: 'application/json' }
    const answer = await outbound
      .request(url, { method: 'GET', headers, bytesMax: directoryBytesMax, timeoutMs })
      .catch((error: unknown) => {
        throw new PeerUnreachable(domain, `its directory: ${String(error)}`)
      })
    if (answer.status === 404 || answer.status === 410) throw new PeerNotFederating(domain, 'it has no directory')
    if (answer.status !== 200) throw new PeerUnreachable(domain, `its directory is answered with ${answer.status}`)
    const directory = readDirectory(answer.body)
    if (directory?.domain !== domain) throw new PeerNotFederating(domain, 'its directory is none that is known here')
    return { directory, ms: keptMs(answer.headers), bytes: answer.body.length }
  }

  /** A clock that leaps back makes nothing older. */
  const isRecent = ({ askedAt }: Kept, ms: number): boolean => Math.abs(clock.now() - askedAt) < ms

  return {
    of: (domain, wasMet = false) => {
      const known = kept.get(domain)
      const ms = known === undefined ? 0 : wasMet && known.failed ? againMetMs : known.until - known.askedAt
      return known !== undefined && isRecent(known, ms) ? known.found : ask(domain, wasMet)
    },
    again: (domain) => {
      const known = kept.get(domain)
      return known !== undefined && isRecent(known, againMs) ? known.found : ask(domain)
    },
    showed: (domain) => {
      const known = kept.peek(domain)
      if (known?.failed === true) known.until = known.askedAt
    },
    reachedAt,
  }
}
