/** How read models stand, as operators are told. */
import { z } from 'zod'
import { readModelChange } from '../events/operators.js'
import { described, timeOut } from './fields.js'

const whole = (description: string, example: number) => described(z.number().int(), description, example)

export const projectionField = described(z.string().min(1).max(64), 'The name of a read model', 'queues')
export const changeField = described(
  readModelChange,
  'rebuild: fold it again; flip: serve what came out otherwise; rollback: serve the one before; drop: give up a build',
  'rebuild',
)

const parkedShown = z
  .object({
    stream: described(z.string(), 'The stream of the event', 'user-AAAAAAAAAAAAAAAAAAAAAA'),
    revision: whole('Its place there', 3),
    position: whole('Its place in the log', 17),
    why: described(z.string(), 'Why it could not be taken', 'UnreadableEvent: its checksum does not hold'),
    at: timeOut.describe('When it was left aside, ms since 1970'),
    skipped: whole('The number of the act by which it counts no longer', 4).optional(),
  })
  .meta({ title: 'ParkedEvent', description: 'An event that a read model could not take' })

const buildShown = z
  .object({
    build: whole('Its number: none is given twice', 1),
    checkpoint: whole('Up to where in the log it has everything', 345),
    rows: whole('About how many rows it has', 120),
    parked: z.array(parkedShown).describe('What it could not take'),
  })
  .meta({ title: 'ReadModelBuild', description: 'The tables of a read model, as they were folded once' })

const differenceShown = z
  .object({
    table: described(z.string(), 'The table', 'messages'),
    served: whole('Rows of the served build', 7),
    rebuilt: whole('Rows of the new one', 8),
  })
  .meta({ title: 'ReadModelDifference', description: 'A table that came out otherwise' })

const candidateShown = buildShown
  .extend({
    status: described(
      z.enum(['named', 'folding', 'differs']),
      'folding: it is on its way; differs: it waits for a word',
      'folding',
    ),
    begun: timeOut.describe('When it was asked for, ms since 1970'),
    anyway: described(z.boolean(), 'Whether it will be served whatever its sums are', false),
    differences: z.array(differenceShown).optional().describe('What came out otherwise, once it was compared'),
    part: described(z.number(), 'How much of the log it has, from 0 to 1', 0.5),
    rate: whole('Positions a second', 12_000),
    remainingMs: whole('About how long until it is level, ms', 4_000).optional(),
  })
  .meta({ title: 'ReadModelCandidate', description: 'A build that is made while another is served' })

const projectionShown = z
  .object({
    name: described(z.string(), 'Its name', 'queues'),
    model: described(z.string(), 'Its name with the version of its tables', 'queues-1'),
    head: whole('Where the log ends', 345),
    served: buildShown.describe('The build that answers'),
    former: buildShown.optional().describe('The one that answered before, kept for the way back'),
    candidate: candidateShown.optional().describe('The one that is made'),
  })
  .meta({ title: 'Projection', description: 'A read model and its builds' })
export type ProjectionShown = z.infer<typeof projectionShown>

export const projectionsAnswer = z.object({ projections: z.array(projectionShown).describe('The read models') })
