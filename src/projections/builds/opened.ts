/** The builds of one read model that are open in this process, each with the runner that can feed it. */
import type { Clock } from '../../ports/clock.js'
import type { EventStore } from '../../ports/eventStore.js'
import type { Logger } from '../../ports/logger.js'
import type { ReadModel, ReadModels } from '../../ports/readModels.js'
import type { Projection } from '../projection.js'
import { makeRunner } from '../runner.js'
import type { BuildRunner } from '../runner.js'
import type { Records } from './records.js'

export type Build = { readonly build: number; readonly model: ReadModel; readonly runner: BuildRunner }

export type OpenedBuilds = {
  /** `<name>-<version>`, as records have it. */
  readonly model: string
  open(build: number): Promise<Build>
  /** Forgets it with all its rows. */
  drop(build: number): Promise<void>
}

export type BuildsWorld = {
  readonly projection: Projection
  readonly readModels: Pick<ReadModels, 'open' | 'drop'>
  readonly records: Records
  readonly logId: string
  readonly events: EventStore
  readonly clock: Clock
  readonly logger: Logger
  /** Awaited often: gives everybody else a turn once it is due. */
  readonly pause: () => Promise<void>
  /** Whether this process answers from the build now. */
  readonly isServed: (build: number) => boolean
}

/** Of a build that nobody is answered from. */
const gatherMin = 1_000

export const openBuilds = (world: BuildsWorld): OpenedBuilds => {
  const { projection, readModels, records, logId } = world
  const { schema } = projection
  const name = `${schema.name}-${schema.version}`
  const opened = new Map<number, Promise<Build>>()

  const openNow = async (build: number): Promise<Build> => {
    const model = await readModels.open(schema, logId, build)
    const parking = {
      load: () => records.parked(name, build),
      park: (parked: Parameters<Records['park']>[2]) => records.park(name, build, parked),
      unpark: (positions: readonly number[]) => records.unpark(name, build, positions),
    }
    const whileNotServed = { gatherMin, pause: world.pause }
    const beside = () => (world.isServed(build) ? undefined : whileNotServed)
    return { build, model, runner: makeRunner({ ...world, model, parking, beside }) }
  }
  return {
    model: name,
    open: (build) => {
      const opening = opened.get(build) ?? openNow(build)
      opened.set(build, opening)
      opening.catch(() => opened.delete(build))
      return opening
    },
    drop: async (build) => {
      opened.delete(build)
      await readModels.drop(schema, build)
      const parked = await records.parked(name, build)
      await records.unpark(
        name,
        build,
        parked.map(({ position }) => position),
      )
    },
  }
}
