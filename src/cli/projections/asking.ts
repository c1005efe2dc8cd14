/** Whom commands about read models ask: the server that runs here, or, where none does, the stores themselves. */
import { withReadModelsHere } from '../../compose/stores/readModelsHere.js'
import type { ServedReadModels } from '../../compose/stores/readModels.js'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import type { Config } from '../../compose/settings/config.js'
import type { ProjectionShown } from '../../contract/projections.js'
import { projectionsAnswer } from '../../contract/projections.js'
import { placed } from '../../contract/fields.js'
import type { ReadModelChange } from '../../events/operators.js'
import type { Refused } from '../../projections/builds/record.js'
import { z } from 'zod'
import { askDoor } from '../operators/askDoor.js'
import { findDoor, urlOfServer } from '../operators/door.js'
import { whyIn } from '../operators/why.js'

export type Asking = {
  readonly list: () => Promise<readonly ProjectionShown[]>
  /** Throws StartupProblem where it is refused. */
  readonly ask: (name: string, what: ReadModelChange) => Promise<void>
  /** An event that it could not take counts no longer. Throws StartupProblem where there is nobody to put it on record. */
  readonly skip: (name: string, event: { readonly stream: string; readonly revision: number }) => Promise<void>
}

type Options = { readonly [name: string]: string | undefined }

export const withReadModels = async <T>(
  config: Config,
  options: Options,
  work: (asking: Asking) => Promise<T>,
): Promise<T> =>
  (await urlOfServer(config, options)) === undefined
    ? withReadModelsHere(config, (readModels) => work(askingOf(readModels)))
    : work(askingAt(config, options))

const path = '/projections'

const askingAt = (config: Config, options: Options): Asking => ({
  list: async () => {
    const door = await findDoor(config, options)
    return (await askDoor(door, { method: 'GET', path }, projectionsAnswer)).projections
  },
  ask: async (name, change) => {
    const body = { change, why: whyIn(options) }
    const door = await findDoor(config, options)
    const changes = `${path}/${encodeURIComponent(name)}/changes`
    await askDoor(door, { method: 'POST', path: changes, body }, z.object(placed))
  },
  skip: async (name, event) => {
    const body = { ...event, why: whyIn(options) }
    const door = await findDoor(config, options)
    await askDoor(door, { method: 'POST', path: `${path}/${encodeURIComponent(name)}/skips`, body }, z.object(placed))
  },
})

const askingOf = ({ models }: ServedReadModels): Asking => ({
  list: () => Promise.all(models.map(async (one) => ({ name: one.name, ...mutable(await one.standing()) }))),
  skip: () => {
    throw new StartupProblem(69, 'what is skipped is on record: start the server, and ask it')
  },
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
