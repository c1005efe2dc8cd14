/** How routes of operators act: on record with who and why, then done, and answered with where both stand. */
import { z } from 'zod'
import { act } from '../../commands/chains/operatorAct.js'
import { operatorsAggregate } from '../../commands/operators/operators.js'
import { whyField } from '../../contract/operators.js'
import { operatorsStream } from '../../events/operators.js'
import type { OperatorAct, OperatorName } from '../../events/operators.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Streams } from '../../streams/streams.js'
import { positionReply } from '../http/positionOnly.js'
import type { CommandReply } from '../http/route.js'
import type { OperatorPrincipal } from '../tokens/operatorToken.js'

/** What every act is asked with. */
export const whyBody = z
  .strictObject({ why: whyField })
  .meta({ title: 'OperatorActRequest', description: 'Why it is done' })

export type AskedAct = {
  readonly principal: OperatorPrincipal
  readonly body: z.infer<typeof whyBody>
  readonly command: CommandContext
}

export const recordedAct = async (streams: Streams, asked: AskedAct, what: OperatorAct): Promise<CommandReply> => {
  const { principal, body, command } = asked
  return positionReply(await act(streams, command, { by: byOf(principal), what, why: body.why }))
}

/** As the record names who asks. */
export const byOf = ({ token, name }: OperatorPrincipal): OperatorName => ({ token, name })

export const knownAct =
  (streams: Streams) =>
  ({ command }: { readonly command: CommandContext }): Promise<boolean> =>
    streams.knows(operatorsAggregate, operatorsStream, command)
