/** What operators do about what another server is sent: stop and go on, try at once, give up. */
import { z } from 'zod'
import { operatorPath } from '../../contract/operators.js'
import { peerField } from '../../contract/peers.js'
import type { Domain } from '../../mls/wire/ids.js'
import type { Streams } from '../../streams/streams.js'
import { positionOnly } from '../http/positionOnly.js'
import type { CommandReply } from '../http/route.js'
import { operatorRoute } from './door.js'
import type { OperatorRoute } from './door.js'
import { knownAct, recordedAct, whyBody } from './recordedAct.js'

/** Does the act, and then has what stood still of that server looked at again. */
export type ResetPeer = (domain: Domain, act: () => Promise<CommandReply>) => Promise<CommandReply>

const path = `${operatorPath}/peers/{domain}`

export const peerActRoutes = (streams: Streams, reset: ResetPeer): readonly OperatorRoute[] => {
  const common = {
    tag: 'Operators',
    access: 'operate',
    params: z.strictObject({ domain: peerField }),
    body: whyBody,
    success: positionOnly,
    problems: [],
    known: knownAct(streams),
  } as const
  return [
    operatorRoute({
      ...common,
      method: 'post',
      path: `${path}/pause`,
      summary: 'Send another server nothing',
      description:
        'Nothing of groups of ours is sent to it until it is resumed, whatever it does; it is kept, within its bounds. What it asks is answered, and what it sends is taken.',
      answer: (asked) =>
        recordedAct(streams, asked, { type: 'changePeerSending', peer: asked.params.domain, sending: false }),
    }),
    operatorRoute({
      ...common,
      method: 'post',
      path: `${path}/resume`,
      summary: 'Send another server again what it has not got',
      description: 'At once, at whichever process, in order.',
      answer: (asked) =>
        recordedAct(streams, asked, { type: 'changePeerSending', peer: asked.params.domain, sending: true }),
    }),
    operatorRoute({
      ...common,
      method: 'post',
      path: `${path}/reset`,
      summary: 'Try another server at once',
      description:
        'One that does not answer, or was away for a week, is tried now; groups of ours of which it took no more are sent again; groups of its own that stood still, because it broke a rule, are looked at again from where they stand.',
      answer: (asked) => {
        const { domain } = asked.params
        return reset(domain, () => recordedAct(streams, asked, { type: 'resetPeer', peer: domain }))
      },
    }),
    operatorRoute({
      ...common,
      method: 'delete',
      path: `${path}/backlog`,
      summary: 'Give up the messages that another server has not got',
      description:
        'Application messages of before this moment fall out, and its members are told that some are missing. Commits, proposals, Welcomes and notices stay: without them it could follow no group again.',
      answer: (asked) => recordedAct(streams, asked, { type: 'dropPeerBacklog', peer: asked.params.domain }),
    }),
  ]
}
