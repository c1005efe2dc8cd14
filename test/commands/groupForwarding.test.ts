/** What a follower holds its clients to before it asks the hub for them. */
import { expect } from 'chai'
import {
  lookAtForwardedCommit,
  refuseForwardedMessage,
  refuseForwardedProposal,
  stageForwardedCommit,
} from '#src/commands/group/followed/forwarding.js'
import { applicationHeader } from '#src/commands/group/messages.js'
import type { By } from '#src/commands/group/access.js'
import type { ActiveGroup } from '#src/commands/group/fold/state.js'
import { decodeCommitBundleParts, decodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import { parseDomain } from '#src/mls/wire/ids.js'
import { commit, leave, trio } from './testGroup.js'
import type { TestGroup } from './testGroup.js'
import { commitOf, externalCommitOf, makeClient, messageOf, proposalOf, remove } from './mlsFixture.js'
import type { Committed } from './mlsFixture.js'

/** The same group as its follower has it. */
const followed = (testGroup: TestGroup): ActiveGroup => ({ ...testGroup.active(), hub: parseDomain('hub.example')! })

const codeOf = (answer: object | undefined): unknown =>
  answer !== undefined && 'rejected' in answer ? (answer.rejected as { code: string }).code : 'forwarded'

const sent = (testGroup: TestGroup, by: By, bytes: Uint8Array, confirmedTranscriptHash?: Uint8Array): unknown => {
  const message = decodeMlsMessage(bytes)
  const header = message.ok ? applicationHeader(message.value) : undefined
  if (header === undefined || 'rejected' in header) throw new Error('no message')
  return codeOf(refuseForwardedMessage(followed(testGroup), by, { ...header, confirmedTranscriptHash }))
}

const proposed = (testGroup: TestGroup, by: By, bytes: Uint8Array): unknown => {
  const message = decodeMlsMessage(bytes)
  if (!message.ok || message.value.wireFormat !== 'publicMessage') throw new Error('no handshake')
  return codeOf(refuseForwardedProposal(followed(testGroup), by, message.value.publicMessage))
}

const committed = (testGroup: TestGroup, by: By, made: Pick<Committed, 'commit' | 'welcome' | 'groupInfo'>) => {
  const bundle = decodeCommitBundleParts(made)
  if (!bundle.ok) throw new Error(bundle.refusal.reason)
  const looked = lookAtForwardedCommit(followed(testGroup), by, bundle.value.commit)
  if ('rejected' in looked) return codeOf(looked)
  return codeOf(stageForwardedCommit(looked, by, bundle.value.commit, testGroup.world.policy))
}

describe('what a client sends to a group of another server', () => {
  it('is a message of whoever has a leaf that may stay, whatever its epoch: that is the hub’s to judge', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const old = (await messageOf(testGroup.of(bob), 'x')).message
    expect(sent(testGroup, bob, old)).to.equal('forwarded')
    for (let n = 0; n < 7; n++) await commit(testGroup, alice, [], [bob, carol])
    expect(sent(testGroup, bob, old)).to.equal('forwarded')
    expect(sent(testGroup, await makeClient(testGroup.world), old)).to.equal('no-such-group')
    await leave(testGroup, bob)
    expect(sent(testGroup, bob, old)).to.equal('not-a-member')
  })

  it('is of the history that it names, as far as that is recorded', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const { message } = await messageOf(testGroup.of(bob), 'x')
    const hash = testGroup.active().mls.confirmedTranscriptHash
    expect(sent(testGroup, bob, message, hash)).to.equal('forwarded')
    expect(sent(testGroup, bob, message, new Uint8Array(32))).to.equal('wrong-epoch')
    await commit(testGroup, alice, [], [bob, carol])
    expect(sent(testGroup, bob, message, hash)).to.equal('forwarded')
    expect(sent(testGroup, bob, message, new Uint8Array(32))).to.equal('wrong-epoch')
    const ahead = await commitOf(testGroup.of(bob))
    const next = (await messageOf(ahead.state, 'x')).message
    expect(sent(testGroup, bob, next, new Uint8Array(32))).to.equal('forwarded')
  })

  it('names the group that it is sent to', async () => {
    const { testGroup, bob } = await trio()
    const other = await trio(testGroup.world)
    const { message } = await messageOf(other.testGroup.of(other.bob), 'x')
    expect(sent(testGroup, bob, message)).to.equal('malformed')
  })

  it('is a proposal of the token’s own leaf, whoever may make it', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const { message } = await proposalOf(testGroup.of(bob), remove(testGroup.leafOf(carol)))
    expect(proposed(testGroup, bob, message)).to.equal('forwarded')
    expect(proposed(testGroup, alice, message)).to.equal('identity-mismatch')
    expect(proposed(testGroup, await makeClient(testGroup.world), message)).to.equal('no-such-group')
  })

  it('is a Commit of the token’s own leaf, in the recorded epoch', async () => {
    const { testGroup, alice, bob, carol } = await trio()
    const made = await commitOf(testGroup.of(bob))
    expect(committed(testGroup, bob, made)).to.equal('forwarded')
    expect(committed(testGroup, alice, made)).to.equal('identity-mismatch')
    await commit(testGroup, alice, [], [bob, carol])
    expect(committed(testGroup, bob, made)).to.equal('wrong-epoch')
  })

  it('is a Commit that could be one: it is verified before anybody is asked', async () => {
    const { testGroup, bob } = await trio()
    const made = await commitOf(testGroup.of(bob))
    const forged = new Uint8Array(made.commit)
    forged[forged.length - 100] = (forged[forged.length - 100] ?? 0) ^ 1
    expect(committed(testGroup, bob, { ...made, commit: forged })).to.not.equal('forwarded')
  })

  it('is an external Commit that makes a leaf of the token’s client, for whom a leaf is there already', async () => {
    const { testGroup, alice, bob } = await trio()
    const made = await externalCommitOf(testGroup.world, bob, testGroup.of(alice), { resync: true })
    expect(committed(testGroup, bob, made)).to.equal('forwarded')
    expect(committed(testGroup, alice, made)).to.equal('identity-mismatch')
    expect(committed(testGroup, await makeClient(testGroup.world), made)).to.equal('no-such-group')
  })
})
