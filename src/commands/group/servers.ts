/** Which servers members of a group are of: who is to be told beside ours, and whom a message for some concerns. Pure. */
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain } from '../../mls/wire/ids.js'
import { onceEach } from '../../structures/onceEach.js'
import type { ActiveGroup, Group } from './fold/state.js'

/** Counted once for each state of the leaves: a signal or a message must not cost more in a large group. */
const serversOf = onceEach(
  (leaves: ActiveGroup['leaves']): ReadonlySet<Domain> =>
    new Set(Array.from(leaves.values(), ({ client }) => domainOf(client))),
)

/** Those that what is said here goes on to: of a followed group its hub, of our own everybody's but ours and where it came from. */
export const serversBeside = ({ hub, leaves }: ActiveGroup, ours: Domain, from = ours): readonly Domain[] =>
  hub === undefined ? [...serversOf(leaves)].filter((one) => one !== ours && one !== from) : [hub]

/**
 * What the fact of a message says of whom it is for: nothing where that is everybody; beside the leaves the other servers of whoever
 * sits there, where anybody of one is in the group.
 */
export const targetsKept = (
  state: Group,
  targets: readonly number[] | undefined,
  ours: Domain,
): { readonly targets?: number[]; readonly servers?: Domain[] } => {
  if (targets === undefined) return {}
  const leaves = state.status === 'active' ? state.leaves : undefined
  const kept = { targets: [...targets] }
  if (leaves === undefined || isOfOne(serversOf(leaves), ours)) return kept
  const servers = new Set(targets.flatMap((leaf) => leaves.get(leaf)?.client ?? []).map((client) => domainOf(client)))
  servers.delete(ours)
  return { ...kept, servers: [...servers].sort() }
}

const isOfOne = (servers: ReadonlySet<Domain>, ours: Domain): boolean => servers.size === 1 && servers.has(ours)
