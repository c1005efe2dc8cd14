/** A stream to try the room on: a sum of numbers. */
import { z } from 'zod'
import type { Aggregate } from '#src/streams/decider.js'
import { parserOf } from '#src/events/form/parser.js'
import type { EventOf } from '#src/events/form/parser.js'

const shapes = { Counted: { schema: z.object({ by: z.number() }) } } as const
export type Counted = EventOf<typeof shapes>

export const counter: Aggregate<number, Counted> & Required<Pick<Aggregate<number, Counted>, 'snapshot'>> = {
  name: 'counter',
  initial: 0,
  shapes,
  parse: parserOf(shapes),
  evolve: (sum, event) => sum + event.data.by,
  snapshot: {
    version: 1,
    write: (sum) => new TextEncoder().encode(String(sum)),
    read: (bytes) => Number(new TextDecoder().decode(bytes)),
  },
  weigh: () => 8,
}
