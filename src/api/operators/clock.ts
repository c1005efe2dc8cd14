/** An operator's word that the clock of the servers is right. */
import { operatorPath } from '../../contract/operators.js'
import type { Streams } from '../../streams/streams.js'
import { positionOnly } from '../http/positionOnly.js'
import { operatorRoute } from './door.js'
import type { OperatorRoute } from './door.js'
import { knownAct, recordedAct, whyBody } from './recordedAct.js'

export const clockRoute = (streams: Streams): OperatorRoute =>
  operatorRoute({
    method: 'post',
    path: `${operatorPath}/clock/acceptance`,
    tag: 'Operators',
    summary: 'Say that the clock is right',
    description:
      'After a long planned stop, or a leap that was one: what is old by the clock expires again. Every process believes it within a minute.',
    access: 'operate',
    body: whyBody,
    success: positionOnly,
    problems: [],
    known: knownAct(streams),
    answer: (asked) => recordedAct(streams, asked, { type: 'acceptClock' }),
  })
