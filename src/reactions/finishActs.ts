/** Does what an operator's act has on record and a crash left undone. Whoever recorded it does so at once: this is for what they could not. */
import { perform } from '../commands/chains/operatorAct.js'
import type { OperatorAct } from '../events/operators.js'
import type { Rule } from './rule.js'

/** `rememberMs`: how long a command is known again. */
export const finishActs = (rememberMs: number): Rule => ({
  name: 'finishActs',
  answers: ['OperatorActed'],
  react: async ({ event, id, at }, { streams, command }) => {
    if (event.type !== 'OperatorActed' || isOver(event.data.what, command('').at - at, rememberMs)) return
    await perform(streams, event.data, { cause: id, at })
  },
})

/** What an operator said of the clock was said of that time: where the log is followed from its beginning it is past. */
const isOver = ({ type }: OperatorAct, ageMs: number, rememberMs: number): boolean =>
  type === 'acceptClock' && ageMs >= rememberMs
