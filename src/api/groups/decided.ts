/** Commands of a group beside MLS that have nothing to tell but where they stand: decided here, or by the group's server. */
import { groupAggregate } from '../../commands/group/group.js'
import type { Group } from '../../commands/group/fold/state.js'
import type { ProblemCode } from '../../contract/problems.js'
import { groupStream } from '../../events/group.js'
import type { GroupEvent } from '../../events/group.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { CommandContext, Decide } from '../../streams/decider.js'
import { replyElsewhere } from '../elsewhere/elsewhere.js'
import { forwardDecision } from '../elsewhere/forwardDecision.js'
import type { ForwardedDecision } from '../elsewhere/forwardDecision.js'
import { positionReply } from '../http/positionOnly.js'
import type { CommandReply } from '../http/route.js'
import type { GroupDependencies } from './groupDependencies.js'

/** `allowed`: what the group's server may refuse it with. */
export const decided = async (
  deps: GroupDependencies,
  asked: ForwardedDecision & { readonly command: CommandContext },
  allowed: readonly ProblemCode[],
  decideHere: () => Decide<Group, GroupEvent>,
): Promise<CommandReply> => {
  const { group, command } = asked
  if (domainOf(group) === deps.domain)
    return positionReply(await deps.streams.execute(groupAggregate, groupStream(group), command, decideHere()))
  const taken = await forwardDecision(deps, asked, allowed)
  return 'rejected' in taken ? taken : replyElsewhere(taken)
}
