/** reportAbuse: a user of another server reports a message of a group of ours. What it proves is checked as of our own users. */
import { z } from 'zod'
import type { CommandReply } from '../../api/http/route.js'
import { groupUri } from '../../contract/fields.js'
import type { ReportCategory } from '../../events/reportCategory.js'
import { domainOf, parseUserId } from '../../mls/wire/ids.js'
import type { Domain, GroupId, UserId } from '../../mls/wire/ids.js'
import type { CommandContext } from '../../streams/decider.js'
import { malformed, reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { acceptedHeader } from '../problemHeader.js'
import { categoryOf } from '../reasonCodes.js'
import { proofIn } from '../reportExtension.js'
import type { ReportProof } from '../reportExtension.js'
import { abuseReport } from '../wire/abuseReport.js'
import { decodeBody } from '../wire/body.js'
import { peerRoute } from './door.js'
import type { PeerRoute } from './door.js'
import { refuseBody } from './refuseBody.js'

export const reportAbusePath = '/federation/v1/reportAbuse/{roomId}'

export type ReportedToHub = ReportProof & {
  readonly group: GroupId
  readonly accused: UserId
  readonly content: Uint8Array
  readonly category: ReportCategory
  readonly note: string | undefined
}

export type ReportAbuseDependencies = {
  readonly domain: Domain
  /** What a report comes to, whoever brought it: what our own users' come to. */
  readonly report: (
    by: UserId,
    report: ReportedToHub,
    command: CommandContext,
  ) => Promise<Rejected | { readonly report: string; readonly repeated: boolean }>
}

export const reportAbuseRoute = (deps: ReportAbuseDependencies): PeerRoute =>
  peerRoute({
    method: 'post',
    path: reportAbusePath,
    tag: 'Federation',
    summary: 'Report a message of a group of ours',
    description:
      'AbuseReport of draft-ietf-mimi-protocol-06, as message/mls, by a user of the peer, of one message, with the component that names it (docs/federation.md, Reports). Homeserver-Accepted is the id of the report.',
    access: 'peer',
    params: z.strictObject({ roomId: groupUri }),
    mls: true,
    success: { status: 201, mls: true },
    problems: [
      'no-such-group',
      'identity-mismatch',
      'evidence-refused',
      'user-deleted',
      'already-exists',
      'unsupported-message',
      'too-large',
    ],
    // Whether it was made before is known once its proof held.
    known: 'unrecorded',
    answer: async ({ principal, params: { roomId: group }, mls, command, charge }): Promise<CommandReply> => {
      const said = mls === undefined ? malformed('the body is an AbuseReport') : saidIn(mls)
      if ('rejected' in said) return said
      if (domainOf(said.by) !== principal.domain)
        return reject({ code: 'identity-mismatch', detail: 'who reports is no user of that server' })
      if (domainOf(group) !== deps.domain) return reject({ code: 'no-such-group' })
      const limited = await charge(said.by, [{ rate: 'reportsPerUser', key: said.by }])
      if (limited !== undefined) return limited
      const { by, ...report } = said
      const made = await deps.report(by, { group, ...report }, command)
      if ('rejected' in made) return made
      return { status: 201, mls: new Uint8Array(), headers: { [acceptedHeader]: made.report }, repeated: made.repeated }
    },
  })

type Said = Omit<ReportedToHub, 'group'> & { readonly by: UserId }

const saidIn = (body: Uint8Array): Said | Rejected => {
  const decoded = decodeBody(abuseReport, body)
  if (!decoded.ok) return refuseBody(decoded.refusal)
  const { reportingUser, allegedAbuserUri, reasonCode, note, messages, extensions } = decoded.value
  const [by, accused] = [parseUserId(reportingUser), parseUserId(allegedAbuserUri)]
  const [message, ...more] = messages
  if (by === undefined || accused === undefined) return malformed('reportingUser and allegedAbuserUri are users')
  if (message === undefined || more.length > 0) return malformed('one message is reported at a time')
  const proof = proofIn(extensions)
  // Nothing else could be checked here: franks of ours are nobody else's.
  if (proof === undefined) return reject({ code: 'evidence-refused' })
  const { content } = message
  return { by, accused, content, ...proof, category: categoryOf(reasonCode), note: note === '' ? undefined : note }
}
