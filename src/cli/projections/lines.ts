/** Read models as lines for people. */
import type { ProjectionShown } from '../../contract/projections.js'
import { printable } from '../printable.js'

export const linesOfProjection = ({ model, head, served, former, candidate }: ProjectionShown): readonly string[] => [
  `${model} build ${served.build}, ${placeOf(served.checkpoint, head)}, ${served.rows} rows, ${countOf(served.parked)} parked`,
  ...served.parked.map(
    ({ stream, revision, position, why, skipped }) =>
      `  parked ${position} ${stream}@${revision}${skipped === undefined ? '' : ` (skipped by act ${skipped})`}: ${printable(why)}`,
  ),
  ...(former === undefined
    ? []
    : [`  former build ${former.build}, ${placeOf(former.checkpoint, head)}, ${former.rows} rows`]),
  ...(candidate === undefined ? [] : [`  ${lineOfCandidate(candidate)}`]),
  ...(candidate?.differences ?? []).map(
    ({ table, served: before, rebuilt }) => `  differs ${table}: ${before} rows served, ${rebuilt} rebuilt`,
  ),
]

type Candidate = NonNullable<ProjectionShown['candidate']>

/** `build 2: 50 %, 12000 a second, 4 s left`. */
const lineOfCandidate = (candidate: Candidate): string => {
  const { build, status, part, differences } = candidate
  if (status === 'differs') return `build ${build}: differs and waits for \`projections flip\` or \`projections drop\``
  if (differences !== undefined) return `build ${build}: compared, about to be served`
  return `build ${build}: ${Math.floor(part * 100)} %, ${paceOf(candidate)}`
}

/** `12000 a second, 4 s left`. */
export const paceOf = ({ rate, remainingMs, parked }: Candidate): string => {
  const left = remainingMs === undefined ? '' : `, ${Math.ceil(remainingMs / 1_000)} s left`
  const aside = parked.length === 0 ? '' : `, ${parked.length} parked`
  return `${rate} a second${left}${aside}`
}

const placeOf = (checkpoint: number, head: number): string =>
  checkpoint >= head ? `level at ${checkpoint}` : `at ${checkpoint} of ${head}`
const countOf = (parked: ProjectionShown['served']['parked']): number =>
  parked.filter(({ skipped }) => skipped === undefined).length
