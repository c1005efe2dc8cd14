/** A forged group of several members, which tests commit to. */
import { forgeCommit, forgeGroup, forgeKeyPackage, type Forger, forger, lenient } from './forge.js'
import type { Extension } from '#src/mls/wire/extension.js'
import type { Proposal } from '#src/mls/wire/proposal.js'
import type { PublicGroup } from '#src/mls/group/publicGroup.js'
import { stageCommit } from '#src/mls/group/stageCommit.js'
import { accepted } from './vectors.js'

/** The member at leaf i is `forgers[i]`. */
export type ForgedGroup = { readonly group: PublicGroup; readonly forgers: readonly Forger[] }

export const addOf = (from: Forger): Proposal => ({ type: 'add', keyPackage: forgeKeyPackage(from) })

/** A group of so many members, all of them added by its creator at once; then some of them commit, so that parents stand. */
export const forgedGroup = (
  count: number,
  options: {
    readonly extensions?: readonly Extension[]
    readonly committers?: readonly number[]
    readonly make?: (index: number) => Forger
  } = {},
): ForgedGroup => {
  const make = options.make ?? ((index) => forger(`client ${index}`))
  const forgers = Array.from({ length: count }, (_, index) => make(index))
  const [creator, ...others] = forgers
  let group = forgeGroup(creator!, options.extensions)
  if (others.length > 0) group = committed(group, creator!, 0, others.map(addOf))
  for (const leafIndex of options.committers ?? []) group = committed(group, forgers[leafIndex]!, leafIndex, [])
  return { group, forgers }
}

const committed = (group: PublicGroup, from: Forger, leafIndex: number, proposals: readonly Proposal[]): PublicGroup =>
  accepted(stageCommit(group, forgeCommit(group, from, leafIndex, { proposals }), lenient)).next
