/** What an acknowledgement costs: they are gathered and cumulative, so a queue's count once a second. */
import type { QueueId } from '../../mls/wire/ids.js'
import type { Charge } from '../http/budgets/rateLimits.js'
import { principalName } from '../principal.js'
import type { Principal } from '../principal.js'

export const costOfAcknowledgement = (by: Principal, queue: QueueId): Charge => ({
  rate: 'acknowledgementsPerClient',
  key: principalName(by, ''),
  once: queue,
})
