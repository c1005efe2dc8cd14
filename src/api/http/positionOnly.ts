/** The answer of a command that has nothing to tell but where in the log it came to stand. */
import { z } from 'zod'
import type { Rejected } from '../../streams/rejection.js'
import { placed } from '../../contract/fields.js'
import { recordedIn } from './place.js'
import type { Recorded } from './place.js'
import type { CommandReply } from './route.js'

export const placeAnswer = z
  .object(placed)
  .meta({ title: 'Place', description: 'Where in the log the command came to stand, and when' })

export const positionOnly = { status: 200, body: placeAnswer } as const

export const positionReply = (outcome: Recorded | Rejected): CommandReply =>
  'rejected' in outcome ? outcome : { status: positionOnly.status, ...recordedIn(outcome) }
