/** update: a Commit or proposals of a follower's client. Who speaks is read from the bytes, and the hub decides as of its own members'. */
import { z } from 'zod'
import type { By } from '../../commands/group/access.js'
import { groupAggregate } from '../../commands/group/group.js'
import type { Group } from '../../commands/group/fold/state.js'
import { groupUri } from '../../contract/fields.js'
import { groupStream } from '../../events/group.js'
import type { GroupEvent } from '../../events/group.js'
import type { Limits } from '../../limits/limits.js'
import type { PublicMessage } from '../../mls/wire/framing.js'
import { domainOf } from '../../mls/wire/ids.js'
import type { Domain, GroupId } from '../../mls/wire/ids.js'
import type { CommitBundle } from '../../mls/wire/mlsMessage.js'
import { derivedId } from '../../streams/commandId.js'
import type { CommandContext } from '../../streams/decider.js'
import type { Outcome } from '../../streams/outcome.js'
import { malformed, reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import type { Streams } from '../../streams/streams.js'
import { peerRoute } from './door.js'
import type { PeerRoute } from './door.js'
import { speakerIn } from './speaker.js'
import { updateAnswer } from './updateAnswer.js'
import { handshakesIn } from './updateParts.js'
import type { Handshakes } from './updateParts.js'

export const updatePath = '/federation/v1/update/{roomId}'

type Decided = Outcome<Group, GroupEvent>
type Asked = { readonly by: By; readonly group: GroupId }

export type UpdateDependencies = {
  readonly streams: Pick<Streams, 'read' | 'execute' | 'knows'>
  readonly domain: Domain
  readonly limits: Pick<Limits, 'mlsMessageBytesMax' | 'welcomeBytesMax' | 'groupInfoBytesMax'>
  /** What a Commit comes to, whoever brought it: what our own clients' come to. */
  readonly commit: (asked: Asked & { readonly bundle: CommitBundle }, command: CommandContext) => Promise<Decided>
  readonly propose: (
    asked: Asked & { readonly message: PublicMessage; readonly bytes: Uint8Array },
    command: CommandContext,
  ) => Promise<Decided>
}

export const updateRoute = (deps: UpdateDependencies): PeerRoute =>
  peerRoute({
    method: 'post',
    path: updatePath,
    tag: 'Federation',
    summary: 'Commit in a group of ours, or propose',
    description:
      'UpdateRequest and UpdateRoomResponse of draft-ietf-mimi-protocol-06, as message/mls. The sender, read from the message, is a client of the peer with a leaf in the group, or one that may join by itself. An Idempotency-Key makes a repeated request the same one. Homeserver-Accepted is the id of what was accepted, Homeserver-Problem says why nothing was.',
    access: 'peer',
    params: z.strictObject({ roomId: groupUri }),
    mls: true,
    success: { status: 200, mls: true },
    problems: ['no-such-group', 'identity-mismatch', 'unsupported-message', 'too-large', 'peer-unreachable'],
    known: ({ params: { roomId }, command }) => deps.streams.knows(groupAggregate, groupStream(roomId), command),
    answer: async ({ principal, params: { roomId: group }, mls, command, charge }) => {
      const asked = mls === undefined ? malformed('the body is an UpdateRequest') : handshakesIn(mls, deps.limits)
      if ('rejected' in asked) return asked
      if (domainOf(group) !== deps.domain) return reject({ code: 'no-such-group' })
      const { state } = await deps.streams.read(groupAggregate, groupStream(group))
      const by = speakerOf(state, principal.domain, asked)
      const rate = asked.type === 'commit' ? 'commitsPerClientAndGroup' : 'proposalsPerClientAndGroup'
      // Nothing costly is done for who is refused at once.
      const limited =
        'rejected' in by
          ? undefined
          : await charge(by.client, [{ rate, key: `${by.client} ${group}`, cost: asked.messages.length }])
      return limited ?? updateAnswer(await decide(deps, { by, group }, asked, command))
    },
  })

/** One client speaks in all of it. */
const speakerOf = (state: Group, peer: Domain, { messages }: Handshakes): By | Rejected => {
  const [first, ...others] = messages.map((message) => speakerIn(state, peer, message))
  if (first === undefined || 'rejected' in first) return first ?? malformed('nothing is proposed')
  const other = others.find((one) => 'rejected' in one || one.client !== first.client)
  if (other === undefined) return first
  return 'rejected' in other ? other : reject({ code: 'identity-mismatch', detail: 'several clients speak' })
}

const decide = async (
  deps: UpdateDependencies,
  { by, group }: { readonly by: By | Rejected; readonly group: GroupId },
  asked: Handshakes,
  command: CommandContext,
): Promise<Decided> => {
  // Executed all the same: what was accepted before is answered as it was, whoever sits where by now.
  if ('rejected' in by) return deps.streams.execute(groupAggregate, groupStream(group), command, () => by)
  if (asked.type === 'commit') return deps.commit({ by, group, bundle: asked.bundle }, command)
  const [first, ...others] = asked.messages.map((message, at) => ({ message, bytes: asked.bytes[at] ?? nothing }))
  if (first === undefined) return malformed('nothing is proposed')
  const outcome = await deps.propose({ by, group, ...first }, command)
  for (const [at, other] of others.entries()) {
    if ('rejected' in outcome) break
    const id = derivedId(command.id, 'moreProposals', String(at))
    const more = await deps.propose({ by, group, ...other }, { ...command, id })
    if ('rejected' in more) return more
  }
  return outcome
}

const nothing = new Uint8Array()
