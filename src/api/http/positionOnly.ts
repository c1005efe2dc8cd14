/** The answer of a command that has nothing to tell but where in the log it came to stand. */
import { z } from 'zod'
import type { Position } from '../../ports/position.js'
import type { Rejected } from '../../streams/rejection.js'
import { positionOut } from './fieldSchemas.js'
import type { CommandReply } from './route.js'

export const positionOnly = { status: 200, body: z.object({ position: positionOut }) } as const

export const positionReply = (
  outcome: { readonly position: Position; readonly repeated: boolean } | Rejected,
): CommandReply =>
  'rejected' in outcome
    ? outcome
    : { status: positionOnly.status, position: outcome.position, repeated: outcome.repeated }
