/** Clients that forge their MLS bytes: hundreds of group operations in a second, with X.509 credentials all the same. */
import { generateKeyPairSync } from 'node:crypto'
import { encodeWith } from '#src/mls/bytes/writer.js'
import { writeRequiredCapabilities } from '#src/mls/wire/capabilities.js'
import { extensionType } from '#src/mls/wire/extension.js'
import type { Extension } from '#src/mls/wire/extension.js'
import type { By } from '#src/commands/group/access.js'
import { makeId } from '#src/mls/wire/ids.js'
import type { UserId } from '#src/mls/wire/ids.js'
import { encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import type { GroupPolicy } from '#src/mls/group/policy.js'
import type { Proposal } from '#src/mls/wire/proposal.js'
import type { PublicGroup } from '#src/mls/group/publicGroup.js'
import { stageCommit } from '#src/mls/group/stageCommit.js'
import { forgeCommit, forgeGroupInfo, forgeKeyPackage, forger, forgeWelcome, lenient } from '../mls/forge.js'
import type { Forger } from '../mls/forge.js'
import { domain, now, random } from './mlsFixture.js'
import type { World } from './mlsFixture.js'

export type Person = By & { readonly forger: Forger }

export const person = async (world: World, user: UserId = makeId('user', domain, random(16))): Promise<Person> => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const signatureKey = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))
  const client = makeId('client', domain, random(16))
  const certificates = await world.issue(signatureKey, user, client, now + 1_000_000_000)
  const queue = world.seal(makeId('queue', domain, random(16)), signatureKey)
  return {
    user,
    client,
    forger: forger('', {
      signatureKey,
      privateKey,
      credential: { type: 'x509', certificates },
      extensions: [{ type: extensionType.queueReference, data: queue }],
    }),
  }
}

/** What groups of this server require of their members. */
export const required: Extension = {
  type: extensionType.requiredCapabilities,
  data: encodeWith(writeRequiredCapabilities, {
    extensions: [extensionType.queueReference],
    proposals: [],
    credentials: [2],
  }),
}

export const addOf = ({ forger: of }: Person): Proposal => ({ type: 'add', keyPackage: forgeKeyPackage(of) })

export type Bundle = {
  readonly by: By
  readonly commit: Uint8Array
  readonly welcome: Uint8Array | undefined
  readonly groupInfo: Uint8Array
  readonly next: PublicGroup
}

/** A Commit with all that comes with it; external without a leaf index. Undefined where MLS itself does not allow it. */
export const bundleOf = (
  group: PublicGroup,
  by: Person,
  leafIndex: number | undefined,
  proposals: readonly (Proposal | Uint8Array)[] = [],
  policy: GroupPolicy = lenient,
): Bundle | undefined => {
  const publicMessage = forgeCommit(group, by.forger, leafIndex, { proposals })
  const staged = stageCommit(group, publicMessage, policy)
  if (!staged.ok) return undefined
  const { next, added, committer } = staged.value
  const welcome =
    added.length === 0 ? undefined : encodeMlsMessage({ wireFormat: 'welcome', welcome: forgeWelcome(staged.value) })
  return {
    by,
    commit: encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage }),
    welcome,
    groupInfo: forgeGroupInfo(next, by.forger, committer.leafIndex),
    next,
  }
}
