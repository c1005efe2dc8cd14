/** Whom commands about read models ask: the server that runs here, or, where none does, the stores themselves. */
import { withReadModelsHere } from '../../compose/readModelsHere.js'
import type { ServedReadModels } from '../../compose/readModels.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import type { Config } from '../../compose/settings/config.js'
import type { ProjectionShown } from '../../contract/projections.js'
import type { BuildsAsk, Refused } from '../../projections/builds/record.js'

export type Asking = {
  readonly list: () => Promise<readonly ProjectionShown[]>
  /** Throws StartupProblem where it is refused. */
  readonly ask: (name: string, what: BuildsAsk) => Promise<void>
}

export const withStores = <T>(config: Config, work: (asking: Asking) => Promise<T>): Promise<T> =>
  withReadModelsHere(config, (readModels) => work(askingOf(readModels)))

const askingOf = ({ models }: ServedReadModels): Asking => ({
  list: () => Promise.all(models.map(async (one) => ({ name: one.name, ...mutable(await one.standing()) }))),
  ask: async (name, what) => {
    const model = models.find((one) => one.name === name)
    if (model === undefined) throw noSuch(name, models)
    const asked = await model.ask(what)
    if ('refused' in asked) throw new StartupProblem(1, whyNot(asked))
  },
})

/** As the contract has it: lists that nobody changes. */
const mutable = (standing: Awaited<ReturnType<ServedReadModels['models'][number]['standing']>>) =>
  standing as unknown as Omit<ProjectionShown, 'name'>

export const noSuch = (name: string, models: readonly { readonly name: string }[]): StartupProblem =>
  new StartupProblem(64, `no read model is called ${JSON.stringify(name)}: ${models.map((one) => one.name).join(', ')}`)

const whyNot = ({ refused }: Refused): string => {
  switch (refused) {
    case 'underWay':
      return 'a rebuild is under way: `projections drop` gives it up'
    case 'noCandidate':
      return 'no rebuild is under way'
    case 'noFormer':
      return 'there is nothing to go back to, or to drop'
    case 'notSo':
      return 'another process was faster'
  }
}
