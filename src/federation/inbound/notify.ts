/** notify: what a hub sends of its groups, onto the follower's record. */
import { z } from 'zod'
import { groupUri } from '../../contract/fields.js'
import type { Reply } from '../../api/http/route.js'
import { domainOf } from '../../mls/wire/ids.js'
import { malformed, reject } from '../../streams/rejection.js'
import { firstIn } from '../itemsType.js'
import type { Notified } from '../item.js'
import { decodeItems } from '../numbered.js'
import { itemsCost, newcomersPay } from './counters.js'
import { peerRoute } from './door.js'
import type { PeerRoute } from './door.js'
import { recordAll } from './recordAll.js'
import type { RecordAllDependencies } from './recordAll.js'
import { refuseBody } from './refuseBody.js'

export const notifyPath = '/federation/v1/notify/{roomId}'

export type NotifyDependencies = RecordAllDependencies

export const notifyRoute = (deps: NotifyDependencies): PeerRoute =>
  peerRoute({
    method: 'post',
    path: notifyPath,
    tag: 'Federation',
    summary: 'Send a follower what it has not got of a group',
    description:
      'Items one after another (docs/federation.md, Items), the number of the first one in the content type: `message/mls; sequence=42`. What was recorded before is ignored; `next` is the number of the item that is to come next, in the answer and in the header Homeserver-Next.',
    access: 'peer',
    params: z.strictObject({ roomId: groupUri }),
    mls: true,
    success: { status: 201, body: z.object({ next: z.number().int() }) },
    problems: ['no-such-group', 'item-unexpected', 'item-refused', 'too-large', 'unsupported-message'],
    known: 'unrecorded',
    // A group begins with the first item of all.
    rates: ({ principal, header }) =>
      firstIn(header('content-type')) === 0 ? newcomersPay('groupsPerNewPeer', principal) : [],
    answer: async ({ principal, params: { roomId: group }, mls, header, charge }) => {
      // A peer speaks for groups of its own domain alone.
      if (domainOf(group) !== principal.domain) return reject({ code: 'no-such-group' })
      const first = firstIn(header('content-type'))
      if (first === undefined || mls === undefined)
        return malformed('the body is items, and its media type has the number of the first one')
      const items = decodeItems(first, mls)
      if (!items.ok) return refuseBody(items.refusal)
      const { domain: hub } = principal
      const mayTake = (bytes: number) => charge(hub, itemsCost(principal, bytes))
      const limited = await mayTake(mls.length)
      if (limited !== undefined) return limited
      const mayBegin = () => charge(hub, newcomersPay('groupsPerNewPeer', principal))
      return replyOf(await recordAll(deps, { hub, group }, items.value, { mayBegin, mayTake }))
    },
  })

const replyOf = (heard: Notified): Reply => {
  const { next } = heard
  switch (heard.status) {
    case 'recorded':
      return { status: 201, body: { next }, headers: { 'homeserver-next': String(next) } }
    case 'unexpected':
      return reject({ code: 'item-unexpected', next })
    case 'refused':
      return reject({ code: 'item-refused', next, reason: heard.reason })
  }
}
