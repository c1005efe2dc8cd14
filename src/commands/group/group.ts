/**
 * The group aggregate: exactly one Commit per epoch, because every append to `group-<id>` expects the revision that it
 * was decided on. The deciders stand in group/, one noun each.
 */
import { groupShapes } from '../../events/group.js'
import type { GroupEvent } from '../../events/group.js'
import type { Aggregate } from '../../streams/decider.js'
import { evolve } from './fold/evolve.js'
import { fetchTree, parseWithTree } from './followed/followedTree.js'
import { groupSnapshotVersion, readGroup, writeGroup } from './fold/snapshot.js'
import { noGroup } from './fold/state.js'
import type { Group } from './fold/state.js'

export const groupAggregate: Aggregate<Group, GroupEvent> = {
  name: 'group',
  initial: noGroup,
  shapes: groupShapes,
  parse: parseWithTree,
  whole: fetchTree,
  evolve,
  snapshot: { version: groupSnapshotVersion, write: writeGroup, read: readGroup },
  weigh: (state) => weigh(state),
}

/** mls-facts.md: a tree of 500 leaves takes about 1.5 MB. */
const leafBytes = 3_500

const weigh = (state: Group): number => {
  switch (state.status) {
    case 'none':
    case 'reserved':
      return 500
    case 'reset':
    case 'deleted':
      return 500 + state.known.size * 100
    case 'active': {
      const commits = state.recent.reduce((bytes, { commit }) => bytes + commit.length, 0)
      const proposals = [...state.mls.pending.values()].reduce(
        (bytes, { message }) => bytes + message.bytes.length + 1_000,
        0,
      )
      return 5_000 + state.mls.tree.nodes.length * (leafBytes / 2) + state.known.size * 100 + commits + proposals
    }
  }
}
