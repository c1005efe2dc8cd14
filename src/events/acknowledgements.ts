/** Facts about how far queues were collected, in `acknowledgements-<process>`: cumulative, one a second at most. */
import { z } from 'zod'
import { position } from './fields.js'
import { parserOf } from './parser.js'
import type { EventOf } from './parser.js'

export const acknowledgementsShapes = {
  /** queue id → the position up to which its owner has everything. */
  QueuesAcknowledged: { schema: z.object({ queues: z.record(z.string(), position) }), positions: [['queues', '*']] },
} as const
export type AcknowledgementsEvent = EventOf<typeof acknowledgementsShapes>
export const parseAcknowledgementsEvent = parserOf(acknowledgementsShapes)
export const acknowledgementsStream = (process: string): string => `acknowledgements-${process}`
