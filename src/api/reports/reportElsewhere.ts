/** A message of a group of another server, reported to that one: only it can tell whether it was said. */
import { userAggregate } from '../../commands/account/user.js'
import type { ProblemCode } from '../../contract/problems.js'
import { isTagOf } from '../../events/frank.js'
import { factNamed } from '../../events/namedFact.js'
import { userStream } from '../../events/user.js'
import type { Limits } from '../../limits/limits.js'
import type { UserId } from '../../mls/wire/ids.js'
import type { OtherServers } from '../../ports/peers.js'
import type { CommandContext } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { rejectionOfHub } from '../elsewhere/hubRefusal.js'
import { readRecord } from '../elsewhere/recordOf.js'
import type { CommandReply } from '../http/route.js'
import type { ReportBody } from './reportBody.js'

type ReportElsewhereDependencies = {
  readonly streams: Streams
  readonly limits: Limits
  readonly others?: OtherServers | undefined
  /** Of the route. */
  readonly problems: readonly ProblemCode[]
}

/** What can be seen from here is: whoever was never in the group asks no hub about it. Throws PeerAway, PeerNotAsked. */
export const reportElsewhere = async (
  { streams, limits, others, problems }: ReportElsewhereDependencies,
  { user }: { readonly user: UserId },
  { group, accused, content, salt, tag, frank, category, note }: ReportBody,
  { id: key, at }: CommandContext,
): Promise<CommandReply> => {
  const max = limits.mlsMessageBytesMax
  if (content.length > max) return reject({ code: 'too-large', max, actual: content.length })
  const record = await readRecord(streams, group)
  const isKnown = record.status !== 'none' && record.status !== 'reserved' && record.known.has(user)
  if (others === undefined || !isKnown) return reject({ code: 'no-such-group' })
  const fact = factNamed(frank)
  if (fact === undefined || !isTagOf(tag, salt, content)) return reject({ code: 'evidence-refused' })
  const heard = await others.report({ group, by: user, accused, fact, content, salt, tag, category, note, key })
  if ('refused' in heard) return rejectionOfHub(heard, problems, 'report')
  // Nothing of it stands in our log: what its user has seen of its own stream stands for it.
  const { position } = await streams.read(userAggregate, userStream(user))
  return { status: 201, body: { report: heard.report }, place: { position, at }, repeated: false }
}
