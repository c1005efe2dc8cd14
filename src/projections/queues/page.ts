/**
 * What a queue shows above a position: the groups that moved, merged with its own items, and the gap where application
 * messages fell out before they were collected. Never past the checkpoint, up to which all rows are known to be there.
 */
import { spreadPositions } from '../../items/frame.js'
import type { Frame } from '../../items/frame.js'
import type { Position } from '../../ports/position.js'
import { fallenOut } from './capacity.js'
import { gapIn, withGap } from './gap.js'
import { later, movedGroups } from './moved.js'
import type { Moved } from './moved.js'
import type { PageAsk, PageDependencies } from './pageAsk.js'
import { mergeByPosition } from './readAhead.js'
import { readGroup, readOwn } from './sources.js'

export type Page = {
  readonly frames: readonly Frame[]
  /** The cursor to go on from: everything up to it was shown, or is not for this queue. */
  readonly next: Position
  /** The page ended at its limit. */
  readonly more: boolean
  /** The read model's checkpoint: the page knows everything up to it and nothing past it. */
  readonly checkpoint: Position
}

export const readPage = async (deps: PageDependencies, ask: PageAsk, checkpoint: Position): Promise<Page> => {
  const moved = await movedGroups(deps.model, ask, checkpoint)
  const chunk = Math.min(128, Math.max(8, Math.ceil((2 * ask.limits.frames) / Math.max(1, moved.length))))
  await judgeCapacity(deps, ask, moved)
  const sources = [
    ...moved.flatMap((one) => readGroup(deps, ask, one, checkpoint, chunk)),
    ...ask.recipients.map((recipient) => readOwn(deps, recipient, ask.after, checkpoint)),
  ]
  const { frames, full } = await mergeByPosition(sources, ask.limits)
  const next = full ? (frames.at(-1)?.position ?? ask.after) : later(checkpoint, ask.after)
  const gap = await gapIn(deps, ask, moved, next)
  const shown = spreadPositions(gap === undefined ? frames : withGap(frames, gap), deps.logId)
  return { frames: shown, next, more: full, checkpoint }
}

const judgeCapacity = async (
  { model, judgements }: PageDependencies,
  { queue, capacity }: PageAsk,
  moved: readonly Moved[],
): Promise<void> => {
  if (capacity === undefined) return
  const floor = await fallenOut(model, { queue, stretches: moved, capacity }, judgements)
  for (const one of moved) one.fallen = Math.max(one.fallen, floor)
}
