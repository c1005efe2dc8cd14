/** How soon a message is to reach those who are away: as a field of a send, and as a header beside message/mls. */
import { z } from 'zod'
import { urgencies } from '../../events/messages.js'
import type { Urgency } from '../../events/messages.js'
import { malformed } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'

export const urgencyField = z.enum(urgencies).meta({
  title: 'Urgency',
  description: 'Whether those who are away are pushed: urgent at once, normal (the default), silent not at all',
  examples: ['urgent'],
})
export const urgencyShape = { description: 'Beside message/mls: as the field urgency', schema: urgencyField }

export const urgencyBeside = (header: string | undefined): Urgency | undefined | Rejected => {
  if (header === undefined) return undefined
  return urgencies.find((one) => one === header) ?? malformed(`Urgency: not one of ${urgencies.join(', ')}`)
}
