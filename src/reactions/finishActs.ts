/** Does what an operator's act has on record and a crash left undone. Whoever recorded it does so at once: this is for what they could not. */
import { perform } from '../commands/chains/operatorAct.js'
import { actOnReadModels } from '../projections/builds/act.js'
import type { ServedModel } from '../projections/builds/served.js'
import type { OperatorAct } from '../events/operators.js'
import type { Rule } from './rule.js'

export type FinishActsDependencies = {
  /** How long a command is known again. */
  readonly rememberMs: number
  readonly models: readonly Pick<ServedModel, 'name' | 'ask' | 'skip'>[]
}

export const finishActs = ({ rememberMs, models }: FinishActsDependencies): Rule => ({
  name: 'finishActs',
  answers: ['OperatorActed'],
  react: async ({ event, id, at }, { streams, command }) => {
    if (event.type !== 'OperatorActed' || isOver(event.data.what, command('').at - at, rememberMs)) return
    await perform(streams, event.data, { cause: id, at })
    await actOnReadModels(models, event.data)
  },
})

/** What an operator said of the clock, or of read models, was said of that time: where the log is followed from its beginning it is past. */
const isOver = ({ type }: OperatorAct, ageMs: number, rememberMs: number): boolean =>
  (type === 'acceptClock' || type === 'changeReadModel' || type === 'skipParked') && ageMs >= rememberMs
