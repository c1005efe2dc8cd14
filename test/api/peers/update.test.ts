/** Commits and proposals of a follower's clients, decided at the hub, over signed HTTP. */
import { expect } from 'chai'
import { commitHere } from '#src/api/groups/commits.js'
import type { GroupDependencies } from '#src/api/groups/groupDependencies.js'
import { proposeHere } from '#src/api/groups/proposals.js'
import { groupAggregate } from '#src/commands/group/group.js'
import { groupStream } from '#src/events/group.js'
import { updatePath, updateRoute } from '#src/federation/inbound/update.js'
import { decodeBody, encodeBody } from '#src/federation/wire/body.js'
import { withoutHeader } from '#src/federation/wire/mlsObjects.js'
import { updateRequest, updateResponse } from '#src/federation/wire/update.js'
import type { UpdateRequest } from '#src/federation/wire/update.js'
import { limitDefaults } from '#src/limits/limits.js'
import { encodeTree } from '#src/mls/group/publicGroup.js'
import type { Domain, GroupId } from '#src/mls/wire/ids.js'
import { domainOf, parseGroupId } from '#src/mls/wire/ids.js'
import { encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import type { Proposal } from '#src/mls/wire/proposal.js'
import { derivedId } from '#src/streams/commandId.js'
import { accept } from '#src/streams/decider.js'
import { addOf, bundleOf } from '../../commands/forgedPeople.js'
import type { Person } from '../../commands/forgedPeople.js'
import { openScene } from '../../federation/scene.js'
import type { Scene } from '../../federation/scene.js'
import { forgeCommit, forgeProposal } from '../../mls/forge.js'
import { accepted } from '../../mls/vectors.js'
import { commitOf, groupAt } from '../../simulation/federation/hub.js'
import { policy } from '../../simulation/federation/people.js'
import { nameOf, openPeerHouse } from './peerHouse.js'
import type { PeerHouse } from './peerHouse.js'

const externalInit: Proposal = { type: 'externalInit', kemOutput: Uint8Array.of(9, ...new Uint8Array(31)) }

const rates = {
  requestsPerNewPeer: { burst: 1_000, everyMs: 1 },
  commitsPerClientAndGroup: { burst: 3, everyMs: 1e9 },
  proposalsPerClientAndGroup: { burst: 3, everyMs: 1e9 },
}

describe('what another server’s clients commit and propose', () => {
  let scene: Scene
  let houses: readonly PeerHouse[] = []
  let follower: PeerHouse
  let third: PeerHouse

  beforeEach(async () => {
    scene = await openScene()
    await scene.add(scene.bob)
    const { server } = scene.hub
    const map = new Map<Domain, string>()
    const groups = {
      streams: server.streams(),
      blobs: server.blobs,
      domain: server.domain,
      limits: limitDefaults,
      groups: { groupsOf: () => Promise.resolve(0) },
      leafPolicy: () => Promise.resolve(policy),
    } as unknown as GroupDependencies
    const route = updateRoute({
      ...groups,
      commit: (asked, command) => commitHere(groups, asked, command),
      propose: (asked, command) => proposeHere(groups, asked, command),
    })
    const hub = await openPeerHouse(server.domain, map, { routes: [route], rates })
    hub.own.directory = { ...hub.own.directory, paths: { update: updatePath } }
    follower = await openPeerHouse(scene.follower.domain, map)
    third = await openPeerHouse(nameOf('c.example'), map)
    houses = [hub, follower, third]
  })
  afterEach(async () => {
    for (const house of houses) await house.close()
  })

  const commitBy = async (by: Person, proposals: readonly Proposal[] = [], external = false) => {
    const { mls, clients } = (await groupAt(scene.hub, scene.group))!
    const brought = external ? [externalInit, ...proposals] : proposals
    const bundle = bundleOf(mls, by, external ? undefined : clients.get(by.client), brought, policy)!
    const { commit, welcome, groupInfo, next } = bundle
    return {
      type: 'commit',
      commit,
      welcome: welcome === undefined ? undefined : withoutHeader(welcome),
      groupInfo: withoutHeader(groupInfo),
      ratchetTree: encodeTree(next),
    } as const
  }
  const proposalBy = async (by: Person, proposal: Proposal): Promise<Uint8Array> => {
    const { mls, clients } = (await groupAt(scene.hub, scene.group))!
    const publicMessage = forgeProposal(mls, by.forger, clients.get(by.client) ?? 0, proposal)
    return encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage })
  }

  type Said = Readonly<Record<string, unknown>>
  type Asking = { readonly from?: PeerHouse; readonly key?: string; readonly group?: GroupId }
  const ask = async (
    request: UpdateRequest | Uint8Array,
    { from = follower, key = 'one', group = scene.group }: Asking = {},
  ) => {
    const body = request instanceof Uint8Array ? request : encodeBody(updateRequest, request)
    const {
      status,
      headers,
      body: answer,
    } = await from.peers.ask(scene.hub.server.domain, {
      ...{ method: 'POST', endpoint: 'update', parameters: { roomId: group }, contentType: 'message/mls', body },
      ...{ headers: { 'idempotency-key': key }, bytesMax: 100_000, timeoutMs: 10_000 },
    })
    const problem = headers['homeserver-problem']
    const text = Buffer.from(answer).toString()
    const said = (status === 200 ? accepted(decodeBody(updateResponse, answer)) : JSON.parse(text)) as Said
    return {
      status,
      code: said['code'],
      said,
      id: headers['homeserver-accepted'],
      problem: problem === undefined ? undefined : (JSON.parse(problem) as Said),
    }
  }
  const facts = async () =>
    (await scene.hub.server.events.readStream(groupStream(scene.group), { from: 0, limit: 100 })).slice(3)

  it('is accepted as a member’s of our own, under the id that is answered, and once', async () => {
    const commit = await commitBy(scene.bob)
    const first = await ask(commit)
    const [fact] = await facts()
    expect(fact).to.include({ type: 'CommitAccepted', id: first.id })
    expect(first).to.deep.include({
      status: 200,
      said: { code: 'success', errorDescription: '', acceptedTimestamp: fact?.meta.at },
    })
    expect(await ask(commit)).to.deep.equal(first)
    expect((await groupAt(scene.hub, scene.group))?.mls.epoch).to.equal(2n)
    expect(await facts()).to.have.length(1)
  })

  it('is answered as before where it is asked for again, whoever sits where by then', async () => {
    const commit = await commitBy(scene.bob)
    const first = await ask(commit)
    await commitOf(scene.hub, scene.group, scene.alice, [{ type: 'remove', removed: 1 }])
    expect(await ask(commit)).to.deep.equal(first)
  })

  it('loses to the Commit that was first, and hears the epoch', async () => {
    const late = await commitBy(scene.bob)
    await commitOf(scene.hub, scene.group, scene.alice, [])
    const { said, problem } = await ask(late)
    expect(said).to.deep.equal({ code: 'wrongEpoch', errorDescription: 'wrong-epoch', currentEpoch: 2n })
    expect(problem).to.include({ code: 'wrong-epoch', currentEpoch: '2' })
    const { hub, group, alice } = scene
    const carol = [...hub.people.values()].find(
      ({ client }) => domainOf(client) === hub.server.domain && client !== alice.client,
    )!
    await commitOf(hub, group, alice, [{ type: 'remove', removed: 1 }])
    await commitOf(hub, group, alice, [addOf(carol)])
    expect((await groupAt(hub, group))?.clients.get(carol.client)).to.equal(1)
    expect(await ask(late, { key: 'later' })).to.include({ status: 200, code: 'wrongEpoch' })
  })

  it('may be several proposals of one client, which leave with the next Commit', async () => {
    const leaving = await proposalBy(scene.bob, { type: 'remove', removed: 1 })
    const first = await ask({ type: 'proposal', proposal: leaving, moreProposals: [] })
    expect(first).to.deep.include({ code: 'success', id: (await facts())[0]?.id })
    const again = await ask({ type: 'proposal', proposal: leaving, moreProposals: [leaving] }, { key: 'two' })
    expect(again.code).to.equal('notAllowed')
    const others = [await proposalBy(scene.bob, addOf(scene.bea)), await proposalBy(scene.alice, addOf(scene.bea))]
    const both = await ask({ type: 'proposal', proposal: others[0]!, moreProposals: [others[1]!] }, { key: 'three' })
    expect([both.status, both.code]).to.deep.equal([403, 'identity-mismatch'])
    expect((await facts()).map(({ type }) => type)).to.deep.equal(['ProposalAccepted', 'RemovalRequired'])
  })

  it('is refused of who is no client of the server that asks, of who has no leaf, and of who must go', async () => {
    expect(await ask(await commitBy(scene.alice))).to.include({ status: 403, code: 'identity-mismatch' })
    expect(await ask(await commitBy(scene.bob), { from: third })).to.include({ status: 404, code: 'no-such-group' })
    expect(await ask(await commitBy(scene.bea, [], true))).to.include({ status: 404, code: 'no-such-group' })
    const leaves = [{ leafIndex: 1, user: scene.bob.user, client: scene.bob.client }]
    const removal = { type: 'RemovalRequired', data: { group: scene.group, leaves, reason: 'clientRemoved' } } as const
    const command = { id: derivedId(scene.group, 'gone'), bodyHash: '', at: 1 }
    await scene.hub.server.streams().execute(groupAggregate, groupStream(scene.group), command, () => accept(removal))
    const gone = await ask(await commitBy(scene.bob))
    expect([gone.code, gone.problem]).to.deep.equal(['notAllowed', { code: 'not-a-member' }])
    expect((await facts()).map(({ type }) => type)).to.deep.equal(['RemovalRequired'])
  })

  it('is judged by its signature, whatever leaf it names', async () => {
    const { mls } = (await groupAt(scene.hub, scene.group))!
    const publicMessage = forgeCommit(mls, scene.bea.forger, 1)
    const forged = encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage })
    const { code, problem } = await ask({ ...(await commitBy(scene.bob)), commit: forged })
    expect([code, problem]).to.deep.equal(['notAllowed', { code: 'invalid-commit', reason: 'message' }])
    expect(await facts()).to.deep.equal([])
  })

  it('brings back a client that lost its state, by an external Commit', async () => {
    const back = await ask(await commitBy(scene.bob, [{ type: 'remove', removed: 1 }], true))
    expect(back.code).to.equal('success')
    expect((await facts())[0]?.data).to.include({ external: true })
  })

  it('is refused where it is of no group of the hub, or none at all', async () => {
    const foreign = parseGroupId(scene.group.replace('s0.example', 's1.example'))!
    const commit = await commitBy(scene.bob)
    expect(await ask(commit, { group: foreign })).to.include({ status: 404, code: 'no-such-group' })
    expect(await ask(Uint8Array.of(1, 2, 3))).to.include({ status: 422, code: 'unsupported-message' })
    expect(await ask(Uint8Array.of(...encodeBody(updateRequest, commit), 0))).to.include({ status: 400 })
    const large = { ...commit, groupInfo: commit.groupInfo, welcome: undefined }
    expect(await ask({ ...large, ratchetTree: new Uint8Array(3_000_000) })).to.include({ status: 413 })
  })

  it('is charged for each proposal that it has', async () => {
    const proposal = await proposalBy(scene.bob, { type: 'remove', removed: 1 })
    const few = { type: 'proposal', proposal, moreProposals: [proposal, proposal] } as const
    expect((await ask(few)).status).to.equal(200)
    expect((await ask({ ...few, moreProposals: [] }, { key: 'two' })).status).to.equal(429)
  })

  it('is charged to the client, but for what was accepted already', async () => {
    const commit = await commitBy(scene.bob)
    const first = await ask(commit)
    const more = async (key: string) => (await ask(await commitBy(scene.bob), { key })).status
    expect([await more('b'), await more('c'), await more('d')]).to.deep.equal([200, 200, 429])
    expect(await ask(commit)).to.deep.equal(first)
  })
})
