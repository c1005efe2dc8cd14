/** Facts about how far queues were collected, in `acknowledgements-<name>`: cumulative, one a second at most of each process. */
import { z } from 'zod'
import { position } from './form/fields.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'

export const acknowledgementsShapes = {
  /** queue id → the position up to which its owner has everything. */
  QueuesAcknowledged: {
    schema: z.object({
      queues: z.record(z.string(), position),
      /** Of words that are carried over: when the newest of them was first said, ms since 1970. */
      touchedAt: z.number().int().nonnegative().optional(),
    }),
    positions: [['queues', '*']],
  },
} as const
export type AcknowledgementsEvent = EventOf<typeof acknowledgementsShapes>
export const parseAcknowledgementsEvent = parserOf(acknowledgementsShapes)
export const acknowledgementsStream = (name: string): string => `acknowledgements-${name}`
