/** Groups of OpenMLS and mls-rs, followed from outside. */
import { expect } from 'chai'
import { acceptProposal } from '#src/mls/group/acceptProposal.js'
import { checkBundle } from '#src/mls/group/checkBundle.js'
import { createPublicGroup } from '#src/mls/group/createPublicGroup.js'
import type { PublicMessage } from '#src/mls/wire/framing.js'
import { decodeMlsMessage, type MlsMessage, privateMessageHeader } from '#src/mls/wire/mlsMessage.js'
import type { GroupPolicy } from '#src/mls/group/policy.js'
import { encodeTree, members, type PublicGroup } from '#src/mls/group/publicGroup.js'
import { restoreGroup, snapshot } from '#src/mls/group/snapshot.js'
import { applyCommit, stageCommit } from '#src/mls/group/stageCommit.js'
import { accepted, fromHex, refusalOf, report, toHex, trace } from './vectors.js'

type State = {
  epoch: number
  treeHash: string
  confirmedTranscriptHash: string
  members: { leafIndex: number; credentialType: number; identity: string; signaturePublicKey: string }[]
}
type Step =
  | ({ kind: 'init'; suite: number; groupId: string; groupInfo: string } & State)
  | { kind: 'proposal'; by: string; op: string; epoch: number; message: string }
  | ({
      kind: 'commit'
      by: string
      op: string
      sender: number
      message: string
      groupInfo: string
      welcome?: string
    } & State)
  | { kind: 'stale'; by: string; epoch: number; message: string }
  | { kind: 'application'; epoch: number; message: string }

const traces = ['openmls-1', 'openmls-2', 'openmls-3', 'mlsrs-1', 'mlsrs-2', 'mlsrs-3', 'mixed-x509-1', 'mixed-x509-2']

/** Their groups know nothing of this homeserver's credentials and queues. */
const policy: GroupPolicy = {
  now: Date.UTC(2026, 10, 23, 15),
  maxLifetimeS: 400 * 24 * 3600,
  credential: () => ({ ok: true, value: undefined }),
  queueReference: () => ({ ok: true, value: undefined }),
  requiredExtensions: [0xf0c1],
}

const decode = <W extends MlsMessage['wireFormat']>(
  hex: string,
  wireFormat: W,
): Extract<MlsMessage, { wireFormat: W }> => {
  const message = accepted(decodeMlsMessage(fromHex(hex)))
  if (message.wireFormat !== wireFormat) throw new Error(`a ${message.wireFormat}, not a ${wireFormat}`)
  return message as Extract<MlsMessage, { wireFormat: W }>
}

const publicMessage = (hex: string): PublicMessage => decode(hex, 'publicMessage').publicMessage

const expectState = (group: PublicGroup, state: State): void => {
  expect(group.epoch).to.equal(BigInt(state.epoch))
  expect(toHex(group.treeHash)).to.equal(state.treeHash)
  expect(toHex(group.confirmedTranscriptHash)).to.equal(state.confirmedTranscriptHash)
  const seen = members(group).map(({ leafIndex, leaf }) => ({
    leafIndex,
    identity: toHex(leaf.credential.type === 'basic' ? leaf.credential.identity : leaf.credential.certificates[0]!),
    signaturePublicKey: toHex(leaf.signatureKey),
  }))
  const said = state.members.map(({ leafIndex, identity, signaturePublicKey }) => ({
    leafIndex,
    identity,
    signaturePublicKey,
  }))
  expect(seen).to.deep.equal(said)
}

describe('groups of OpenMLS and mls-rs', () => {
  for (const name of traces)
    it(`${name}: every step accepted, every state equal, every stale commit refused`, function () {
      const counts = { proposal: 0, commit: 0, stale: 0, application: 0 }
      const [init, ...steps] = trace<Step>(this, name)
      if (init?.kind !== 'init') throw new Error('a trace begins with its group')
      let group = accepted(createPublicGroup(fromHex(init.groupInfo), undefined, policy))
      expectState(group, init)
      for (const step of steps) {
        if (step.kind === 'init') throw new Error('a trace begins once')
        counts[step.kind]++
        switch (step.kind) {
          case 'proposal':
            group = accepted(acceptProposal(group, publicMessage(step.message), policy)).next
            break
          case 'commit':
            group = follow(group, step)
            break
          case 'stale':
            expect(refusalOf(stageCommit(group, publicMessage(step.message), policy))).to.equal('wrong-epoch epoch')
            break
          case 'application': {
            const header = privateMessageHeader(decode(step.message, 'privateMessage').privateMessage)
            expect(header.epoch).to.equal(BigInt(step.epoch))
            expect(header.contentType).to.equal('application')
          }
        }
      }
      report(
        Object.entries(counts)
          .map(([kind, count]) => `${count} ${kind}`)
          .join(', '),
      )
    })
})

/** One commit, three ways: staged in full, replayed from a snapshot, and read from its GroupInfo; all must agree. */
const follow = (group: PublicGroup, step: Extract<Step, { kind: 'commit' }>): PublicGroup => {
  const message = publicMessage(step.message)
  const staged = accepted(stageCommit(group, message, policy))
  expectState(staged.next, step)
  expect(staged.external).to.equal(step.by === 'new_member')
  expect(staged.committer.leafIndex).to.equal(step.sender)
  const welcome = step.welcome === undefined ? undefined : decode(step.welcome, 'welcome').welcome
  accepted(checkBundle(staged, decode(step.groupInfo, 'groupInfo').groupInfo, welcome))
  const replayed = accepted(applyCommit(accepted(restoreGroup(snapshot(group))), message)).next
  const told = accepted(createPublicGroup(fromHex(step.groupInfo), undefined, policy))
  for (const other of [replayed, told]) {
    expect(toHex(other.groupContext)).to.equal(toHex(staged.next.groupContext))
    expect(toHex(other.interimTranscriptHash)).to.equal(toHex(staged.next.interimTranscriptHash))
    expect(toHex(encodeTree(other))).to.equal(toHex(encodeTree(staged.next)))
  }
  return staged.next
}
