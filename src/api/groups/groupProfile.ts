/** The group's profile: ciphertext of its members, with a version that writers must have seen. */
import { z } from 'zod'
import { groupAggregate } from '../../commands/group/group.js'
import { memberGroupOf } from '../../commands/group/access.js'
import { changeProfile } from '../../commands/group/profile.js'
import { groupStream } from '../../events/group.js'
import { toBase64url } from '../../mls/bytes/base64url.js'
import { StoreUnavailable } from '../../ports/eventStore.js'
import { bytesIn, bytesOut } from '../../contract/fields.js'
import { blobReferenceOf } from '../../events/form/blobReference.js'
import { executeStoring } from '../../commands/chains/executeStoring.js'
import { domainOf } from '../../mls/wire/ids.js'
import { alsoElsewhere, elsewhereProblems, replyElsewhere } from '../elsewhere/elsewhere.js'
import { forwardDecision } from '../elsewhere/forwardDecision.js'
import { groupParams, knownOfGroup, tag } from './groupFields.js'
import type { GroupDependencies } from './groupDependencies.js'
import type { ClientPrincipal } from '../principal.js'
import { recordedIn } from '../http/place.js'
import { etagHeader, etagOf, ifMatchHeader, ifVersionOf, newVersion, version } from '../http/version.js'
import { route } from '../door.js'
import type { Route } from '../door.js'
import type { Ask, CommandReply } from '../http/route.js'

const profileProblems = ['no-such-group', 'not-a-member', 'not-allowed', 'version-mismatch', 'group-deleted'] as const
const profileBody = z.strictObject({ profile: bytesIn.describe('Ciphertext of the members') })

export const groupProfileRoutes = (deps: GroupDependencies): readonly Route[] => [
  route({
    method: 'get',
    path: '/v1/groups/{group}/profile',
    tag,
    summary: 'Read the group’s profile',
    description: 'Version 0 and no bytes where none was written. The ETag is the version.',
    access: 'client',
    params: groupParams,
    success: {
      status: 200,
      body: z.object({ version, profile: bytesOut.describe('Ciphertext of the members') }),
      headers: etagHeader,
    },
    problems: ['no-such-group', 'not-a-member', 'group-deleted'],
    answer: async ({ principal, params }) => {
      const { state } = await deps.streams.read(groupAggregate, groupStream(params.group))
      const group = memberGroupOf(state, principal)
      if ('rejected' in group) return group
      const { version, blob } = group.profile ?? { version: 0, blob: undefined }
      const profile = blob === undefined ? new Uint8Array() : await deps.blobs.get(blob.digest)
      if (profile === undefined) throw new StoreUnavailable('a group profile is not in the blob store')
      return {
        status: 200,
        body: { version, profile: toBase64url(profile) },
        headers: etagOf(version),
      }
    },
  }),
  route({
    method: 'put',
    path: '/v1/groups/{group}/profile',
    tag,
    summary: 'Replace the group’s profile',
    description: 'Needs `If-Match: "<version>"`, the version that it replaces; "0" where there is none.',
    access: 'client',
    params: groupParams,
    body: profileBody,
    headers: ifMatchHeader,
    success: { status: 200, body: newVersion },
    also: [alsoElsewhere('NewVersionElsewhere', { version: version.optional() })],
    problems: [...profileProblems, ...elsewhereProblems],
    known: knownOfGroup(deps.streams),
    answer: (ask) => change(deps, ask),
  }),
]

type Changed = Ask<ClientPrincipal, z.infer<typeof groupParams>, undefined, z.infer<typeof profileBody>>

const change = async (
  deps: GroupDependencies,
  { principal, params, body, command, header }: Changed,
): Promise<CommandReply> => {
  const ifVersion = ifVersionOf(header)
  if (typeof ifVersion !== 'number') return ifVersion
  if (domainOf(params.group) !== deps.domain) {
    const asked = { type: 'changeProfile', profile: body.profile, ifVersion } as const
    const taken = await forwardDecision(deps, { by: principal, group: params.group, command, asked }, profileProblems)
    return 'rejected' in taken ? taken : replyElsewhere(taken, { version: taken.version })
  }
  const stream = groupStream(params.group)
  const decide = changeProfile({
    by: principal,
    profile: blobReferenceOf(body.profile),
    ifVersion,
    limits: deps.limits,
  })
  const { state: before } = await deps.streams.read(groupAggregate, stream)
  const outcome = await executeStoring(deps, groupAggregate, { stream, command, before, decide, bytes: [body.profile] })
  if ('rejected' in outcome) return outcome
  const [changed] = outcome.recorded
  if (changed?.type !== 'ProfileChanged') throw new Error('a profile was changed without its event')
  return { status: 200, body: { version: changed.data.version }, ...recordedIn(outcome) }
}
