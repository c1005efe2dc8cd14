/** How the builds of a read model stand, for operators. */
import type { Clock } from '../../ports/clock.js'
import type { EventStore } from '../../ports/eventStore.js'
import type { OpenedBuilds } from './opened.js'
import type { BuildsRecord, Candidate } from './record.js'
import type { ParkedEvent, Records } from './records.js'

export type BuildStanding = {
  readonly build: number
  readonly checkpoint: number
  /** Of all its tables. */
  readonly rows: number
  readonly parked: readonly ParkedEvent[]
}

export type BuildsStanding = {
  /** `<name>-<version>`. */
  readonly model: string
  readonly head: number
  readonly served: BuildStanding
  readonly former?: BuildStanding
  readonly candidate?: BuildStanding &
    Pick<Candidate, 'status' | 'begun' | 'anyway' | 'differences'> & {
      /** 0 to 1 of the log, by positions. */
      readonly part: number
      /** Positions a second since it was begun. */
      readonly rate: number
      /** About how long until it is level, ms, at that rate; absent while there is no rate. */
      readonly remainingMs?: number
    }
}

export type StandingWorld = {
  readonly opened: OpenedBuilds
  readonly records: Records
  readonly first: BuildsRecord
  readonly events: Pick<EventStore, 'head'>
  readonly clock: Clock
  /** The build that this process answers from. */
  readonly served: () => number
}

export const standingOf = async (world: StandingWorld): Promise<BuildsStanding> => {
  const { opened, records, first, events, clock } = world
  const { candidate, former } = (await records.read(opened.model)) ?? first
  const head = await events.head()
  const served = await buildStanding(world, world.served())
  return {
    model: opened.model,
    head,
    served,
    ...(former === undefined ? {} : { former: await buildStanding(world, former.build) }),
    ...(candidate === undefined
      ? {}
      : { candidate: candidateStanding(await ofCandidate(world, candidate), candidate, head, clock.now()) }),
  }
}

const buildStanding = async ({ opened, records }: StandingWorld, build: number): Promise<BuildStanding> => {
  const { model, runner } = await opened.open(build)
  const rows = Object.values(await model.rows()).reduce((sum, count) => sum + count, 0)
  return { build, checkpoint: await runner.stands(), rows, parked: await records.parked(opened.model, build) }
}

/** One that is only named has no tables that may be looked at: whatever lies there is dropped first. */
const ofCandidate = async (world: StandingWorld, { build, status }: Candidate): Promise<BuildStanding> =>
  status === 'named' ? { build, checkpoint: 0, rows: 0, parked: [] } : buildStanding(world, build)

const candidateStanding = (
  standing: BuildStanding,
  { status, begun, anyway, differences }: Candidate,
  head: number,
  now: number,
): NonNullable<BuildsStanding['candidate']> => {
  const { checkpoint } = standing
  const rate = checkpoint / Math.max(0.001, (now - begun) / 1_000)
  const left = Math.max(0, head - checkpoint)
  return {
    ...standing,
    status,
    begun,
    anyway,
    ...(differences === undefined ? {} : { differences }),
    part: head === 0 ? 1 : Math.min(1, checkpoint / head),
    rate: Math.round(rate),
    ...(rate > 0 ? { remainingMs: Math.round((left / rate) * 1_000) } : {}),
  }
}
