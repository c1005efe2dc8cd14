/** A group of which another server is sent nothing more: kept, said to operators and logged. */
import type { Clock } from '../../../ports/clock.js'
import type { Logger } from '../../../ports/logger.js'
import type { PeerMemory } from '../peerMemory.js'

export type StopDependencies = {
  readonly clock: Pick<Clock, 'now'>
  readonly logger: Logger
}

export const stop = ({ clock, logger }: StopDependencies, peer: PeerMemory, group: string, why: string): void => {
  const at = clock.now()
  peer.stopped.set(group, { why, at })
  peer.lastError = { at, what: `${group}: ${why}` }
  logger.error('a peer takes nothing more of a group', { peer: peer.domain, group, why })
}
