/** backfill, an extension: what a follower was sent of a group of ours, from a number on, for one that lost it. */
import { z } from 'zod'
import type { Reply } from '../../api/http/route.js'
import { groupUri } from '../../contract/fields.js'
import { domainOf } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import { encodeItems } from '../numbered.js'
import { backfill } from '../outbox/backfill.js'
import type { BackfillDependencies } from '../outbox/backfill.js'
import type { OutboxView } from '../outbox/view.js'
import { peerRoute } from './door.js'
import type { PeerRoute } from './door.js'

const backfillPath = '/federation/v1/backfill/{roomId}'
export const backfillTemplate = `${backfillPath}?from={from}`

export type BackfillRouteDependencies = BackfillDependencies & {
  readonly view: Pick<OutboxView, 'follow' | 'countedFrom'>
}

export const backfillRoute = (deps: BackfillRouteDependencies): PeerRoute =>
  peerRoute({
    method: 'get',
    path: backfillPath,
    tag: 'Federation',
    summary: 'Ask again for what was sent of a group of ours',
    description:
      'Items one after another as notify brings them, from the number that is asked for, or the gap that stands for it: as many as one request has. 404 where the group is not followed, and item-refused where what is due is gone.',
    access: 'peer',
    params: z.strictObject({ roomId: groupUri }),
    query: z.strictObject({ from: z.string().regex(/^(?:0|[1-9]\d{0,14})$/) }),
    success: { status: 200, mls: true },
    problems: ['no-such-group', 'item-unexpected', 'item-refused'],
    // It reads hundreds of items of the log.
    rates: ({ principal }) => [{ rate: 'requestsPerPeer', key: principal.domain, cost: 50 }],
    answer: async ({ principal, params: { roomId: group }, query }): Promise<Reply> => {
      const from = Number(query.from)
      const follow = domainOf(group) === deps.domain ? await deps.view.follow(principal.domain, group) : undefined
      if (follow === undefined) return reject({ code: 'no-such-group' })
      const upTo = follow.next.sequence
      if (from >= upTo) return reject({ code: 'item-unexpected', next: upTo })
      const items = await backfill(deps, { peer: principal.domain, group, from, upTo })
      if (items === undefined) return reject({ code: 'item-refused', next: from, reason: 'it is gone' })
      return { status: 200, mls: encodeItems(items) }
    },
  })
