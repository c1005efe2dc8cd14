/** Why another server was not asked, or not heard. */
import type { Domain } from '../../mls/wire/ids.js'

class PeerError extends Error {
  readonly peer: Domain
  constructor(peer: Domain, why: string) {
    super(`${peer}: ${why}`)
    this.peer = peer
  }
}

/** It does not answer, or not as itself: it is worth trying again. */
export class PeerUnreachable extends PeerError {
  override readonly name = 'PeerUnreachable'
  /** Seconds, where it said so. */
  readonly retryAfter: number | undefined
  /** It is there, and does not do this now: all else goes on. */
  readonly isThere: boolean
  constructor(peer: Domain, why: string, retryAfter?: number, isThere = false) {
    super(peer, why)
    this.retryAfter = retryAfter
    this.isThere = isThere
  }
}

/** It answers, and is none that we can speak to. */
export class PeerNotFederating extends PeerError {
  override readonly name = 'PeerNotFederating'
}

/** The same of one thing alone. */
export class PeerLacks extends PeerNotFederating {}

/** We do not speak to it: by policy, or because its root is not the one that is pinned. */
export class PeerRefused extends PeerError {
  override readonly name = 'PeerRefused'
}
