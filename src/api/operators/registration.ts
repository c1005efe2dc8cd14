/** Who may register: seen and changed while the server runs, in all its processes. */
import { operatorsAggregate } from '../../commands/operators/operators.js'
import { changeRegistration } from '../../commands/operators/registration.js'
import { registrationAnswer, registrationField } from '../../contract/invitations.js'
import { operatorPath } from '../../contract/operators.js'
import { operatorsStream } from '../../events/operators.js'
import type { RegistrationMode } from '../../events/operators.js'
import type { Streams } from '../../streams/streams.js'
import { positionOnly, positionReply } from '../http/positionOnly.js'
import { operatorRoute } from './door.js'
import type { OperatorRoute } from './door.js'
import { byOf, knownAct, whyBody } from './recordedAct.js'

export type RegistrationDependencies = {
  readonly streams: Streams
  /** As it is now in every process. */
  readonly registration: () => Promise<RegistrationMode>
}

const tag = 'Operators'
const path = `${operatorPath}/registration`

export const registrationRoutes = ({ streams, registration }: RegistrationDependencies): readonly OperatorRoute[] => [
  operatorRoute({
    method: 'get',
    path,
    tag,
    summary: 'See who may register',
    description: 'What an operator said last; until one did, the setting REGISTRATION.',
    access: 'audit',
    success: { status: 200, body: registrationAnswer },
    problems: [],
    answer: async () => ({ status: 200, body: { registration: await registration() } }),
  }),
  operatorRoute({
    method: 'put',
    path,
    tag,
    summary: 'Say who may register',
    description:
      'From the next registration on, at every process, and through restarts. Those who are registered stay so.',
    access: 'operate',
    body: whyBody.extend({ registration: registrationField }),
    example: { body: { registration: 'open', why: 'the pilot is over' } },
    success: positionOnly,
    problems: [],
    known: knownAct(streams),
    answer: async ({ principal, body, command }) => {
      const decide = changeRegistration({ by: byOf(principal), ...body })
      return positionReply(await streams.execute(operatorsAggregate, operatorsStream, command, decide))
    },
  }),
]
