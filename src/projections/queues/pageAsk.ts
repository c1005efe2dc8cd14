/** What a page is asked for, and what it is read from. */
import type { Recipient } from '../../items/audience.js'
import type { Membership } from '../../items/membership.js'
import type { QueueId } from '../../mls/wire/ids.js'
import type { Position } from '../../ports/position.js'
import type { ReadModel } from '../../ports/readModels.js'
import type { Judgements } from './capacity.js'
import type { Capacity } from './fallen.js'
import type { FrameCache } from './frameCache.js'

export type PageAsk = {
  readonly queue: QueueId
  readonly recipients: readonly Recipient[]
  /** Nothing up to here: the reader's cursor, and at least where the queue began. */
  readonly after: Position
  readonly memberships: readonly Membership[]
  readonly limits: { readonly frames: number; readonly bytes: number }
  /** What the queue holds; undefined further on in a drain that has begun: it is judged where it begins. */
  readonly capacity: Capacity | undefined
  /** Messages sent before this time (ms) have fallen out. */
  readonly oldest: number
}

export type PageDependencies = {
  readonly model: ReadModel
  readonly cache: FrameCache
  /** Of queues that hold more than they may. */
  readonly judgements: Judgements
  readonly logId: string
}
