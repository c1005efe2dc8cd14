/** What an operator's act has on record for read models, done to their builds: once, by whoever comes first. */
import type { OperatorsEvent } from '../../events/operators.js'
import type { ServedModel } from './served.js'

type OnRecord = Extract<OperatorsEvent, { type: 'OperatorActed' }>['data']

/** Nothing happens where it was done before, or where it is about something else. Throws StoreUnavailable. */
export const actOnReadModels = async (
  models: readonly Pick<ServedModel, 'name' | 'ask' | 'skip'>[],
  { number, what }: Pick<OnRecord, 'number' | 'what'>,
): Promise<void> => {
  if (what.type !== 'changeReadModel' && what.type !== 'skipParked') return
  const model = models.find(({ name }) => name === what.projection)
  if (what.type === 'changeReadModel') await model?.ask(what.change, number)
  else await model?.skip(what, number)
}
