/** The Delivery Service over HTTP, with real MLS bytes. */
import { expect } from 'chai'
import {
  makeClient,
  messageOf,
  newGroup,
  groupInfoOf,
  commitOf,
  proposalOf,
  received,
  remove,
  treeOf,
} from '../commands/mlsFixture.js'
import { groupStream } from '#src/events/group.js'
import { messagesStream } from '#src/events/messages.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import type { TestClient } from '../commands/mlsFixture.js'
import { startHouse } from './groupHouse.js'
import type { House } from './groupHouse.js'
import { at, circle, commitBy, createdBy, postCommit, reserved, text } from './groupPeople.js'

describe('the Delivery Service', () => {
  let house: House
  before(async () => {
    house = await startHouse()
  })
  after(() => house.close())

  describe('reserving and creating', () => {
    it('hands out ten ids per client, and the eleventh when one was used', async () => {
      const alice = await makeClient(house.world)
      const ids = []
      for (let n = 0; n < 10; n++) ids.push(await reserved(house, alice))
      expect(new Set(ids).size).to.equal(10)
      const refused = await house.ask(alice, 'POST', '/v1/groups')
      expect([refused.status, refused.body['code'], refused.body['max']]).to.deep.equal([429, 'limit-reached', 10])
      const [first] = ids
      if (first === undefined) throw new Error('no id')
      const state = await newGroup(house.world, alice, first)
      const created = await house.ask(alice, 'PUT', at(first), { json: { groupInfo: text(await groupInfoOf(state)) } })
      expect([created.status, created.body['epoch']]).to.deep.equal([201, '0'])
      expect((await house.ask(alice, 'POST', '/v1/groups')).status).to.equal(201)
    })

    it('answers a retry with the same id', async () => {
      const alice = await makeClient(house.world)
      const first = await house.ask(alice, 'POST', '/v1/groups', { key: 'once' })
      const again = await house.ask(alice, 'POST', '/v1/groups', { key: 'once' })
      expect(again.body).to.deep.equal(first.body)
    })

    it('takes the GroupInfo as message/mls, and the tree beside it', async () => {
      const alice = await makeClient(house.world)
      const raw = await reserved(house, alice)
      const created = await house.ask(alice, 'PUT', at(raw), {
        mls: await groupInfoOf(await newGroup(house.world, alice, raw)),
      })
      expect(created.status).to.equal(201)
      const beside = await reserved(house, alice)
      const state = await newGroup(house.world, alice, beside)
      const json = { groupInfo: text(await groupInfoOf(state, { tree: false })), ratchetTree: text(treeOf(state)) }
      expect((await house.ask(alice, 'PUT', at(beside), { json })).status).to.equal(201)
      const bare = await reserved(house, alice)
      const { ratchetTree: _, ...without } = json
      const refused = await house.ask(alice, 'PUT', at(bare), { json: without })
      expect(refused.body['code']).to.equal('group-info-mismatch')
    })

    it('refuses what is too large before it is parsed', async () => {
      const alice = await makeClient(house.world)
      const group = await reserved(house, alice)
      const json = { groupInfo: text(new Uint8Array(1024 * 1024 + 1)) }
      const refused = await house.ask(alice, 'PUT', at(group), { json })
      expect([refused.status, refused.body['code'], refused.body['max']]).to.deep.equal([413, 'too-large', 1024 * 1024])
    })
  })

  describe('messages', () => {
    it('are taken from members, as JSON and as message/mls, and change nothing else', async () => {
      const { group, bob, of } = await circle(house)
      const { state, message } = await messageOf(of(bob), 'hello')
      const json = await house.ask(bob, 'POST', at(group, '/messages'), { json: { message: text(message) } })
      expect(json.status).to.equal(201)
      const raw = await house.ask(bob, 'POST', at(group, '/messages'), {
        mls: (await messageOf(state, 'again')).message,
      })
      expect(raw.status).to.equal(201)
      const stored = await house.events.readStream(messagesStream(group))
      expect(stored.map(({ type }) => type)).to.deep.equal(['MessageAccepted', 'MessageAccepted'])
      expect(stored[0]?.data).to.deep.equal({ group, epoch: '1', message: text(message) })
    })

    it('are taken once per Idempotency-Key, and another body is refused', async () => {
      const { group, bob, of } = await circle(house)
      const { state, message } = await messageOf(of(bob), 'hello')
      const first = await house.ask(bob, 'POST', at(group, '/messages'), { mls: message, key: 'k1' })
      const again = await house.ask(bob, 'POST', at(group, '/messages'), { mls: message, key: 'k1' })
      expect(again.body).to.deep.equal(first.body)
      expect(await house.events.readStream(messagesStream(group))).to.have.length(1)
      const other = await house.ask(bob, 'POST', at(group, '/messages'), {
        mls: (await messageOf(state, 'other')).message,
        key: 'k1',
      })
      expect([other.status, other.body['code']]).to.deep.equal([422, 'idempotency-mismatch'])
    })

    it('of strangers meet the same 404 as in a group that does not exist', async () => {
      const { group, bob, of } = await circle(house)
      const mallory = await makeClient(house.world)
      const { message } = await messageOf(of(bob), 'hello')
      const there = await house.ask(mallory, 'POST', at(group, '/messages'), { mls: message })
      const nowhere = await house.ask(mallory, 'POST', at(await reserved(house, bob), '/messages'), { mls: message })
      const { requestId: _a, ...one } = there.body
      const { requestId: _b, ...two } = nowhere.body
      expect(one).to.deep.equal(two)
      expect(one['code']).to.equal('no-such-group')
    })

    it('that are handshakes, or not MLS, are refused', async () => {
      const { group, bob, of } = await circle(house)
      const { commit } = await commitOf(of(bob))
      const handshake = await house.ask(bob, 'POST', at(group, '/messages'), { mls: commit })
      expect([handshake.status, handshake.body['code']]).to.deep.equal([422, 'unsupported-message'])
      const garbage = await house.ask(bob, 'POST', at(group, '/messages'), { mls: new Uint8Array([0, 1, 0, 2, 9]) })
      expect([garbage.status, garbage.body['code']]).to.deep.equal([400, 'malformed'])
      const huge = await house.ask(bob, 'POST', at(group, '/messages'), { mls: new Uint8Array(256 * 1024 + 1) })
      expect([huge.status, huge.body['code'], huge.body['max']]).to.deep.equal([413, 'too-large', 256 * 1024])
    })

    it('of another history than the group has had are refused, though their epoch has a number that it has', async () => {
      const there = await circle(house)
      const { group, alice, bob, carol, of } = there
      const hashOf = (client: TestClient) => of(client).groupContext.confirmedTranscriptHash
      const before = hashOf(carol)
      const early = (await messageOf(of(carol), 'early')).message
      await commitBy(there, alice, [], [bob, carol])
      const now = (await messageOf(of(carol), 'now')).message
      const post = (mls: Uint8Array, hash: Uint8Array) =>
        house.ask(carol, 'POST', at(group, '/messages'), {
          mls,
          headers: { 'confirmed-transcript-hash': toBase64url(hash) },
        })
      const postJson = (message: Uint8Array, hash: Uint8Array) =>
        house.ask(carol, 'POST', at(group, '/messages'), {
          json: { message: toBase64url(message), confirmedTranscriptHash: toBase64url(hash) },
        })
      const other = hashOf(carol).map((byte) => byte ^ 1)
      for (const send of [post, postJson]) {
        for (const [message, hash] of [
          [now, other],
          [now, before],
          [now, new Uint8Array()],
          [early, hashOf(carol)],
          [early, other],
        ] as const) {
          const refused = await send(message, hash)
          expect([refused.status, refused.body['code'], refused.body['currentEpoch']]).to.deep.equal([
            409,
            'wrong-epoch',
            String(of(carol).groupContext.epoch),
          ])
        }
        expect((await send(now, hashOf(carol))).status).to.equal(201)
        expect((await send(early, before)).status).to.equal(201)
      }
      const headers = { 'confirmed-transcript-hash': '?' }
      const odd = await house.ask(carol, 'POST', at(group, '/messages'), { mls: now, headers })
      expect([odd.status, odd.body['code']]).to.deep.equal([400, 'malformed'])
    })

    it('of five epochs back still go in, of six back not', async () => {
      const { group, alice, bob, carol, of, states, house: there } = await circle(house)
      const late = (await messageOf(of(carol), 'late')).message
      for (let n = 0; n < 5; n++) {
        await commitBy({ house: there, group, alice, bob, carol, of, states }, alice, [], [bob])
      }
      expect((await house.ask(carol, 'POST', at(group, '/messages'), { mls: late })).status).to.equal(201)
      await commitBy({ house: there, group, alice, bob, carol, of, states }, alice, [], [bob])
      const old = await house.ask(carol, 'POST', at(group, '/messages'), { mls: late })
      expect([old.status, old.body['code'], old.body['currentEpoch']]).to.deep.equal([409, 'epoch-too-old', '7'])
    })
  })

  describe('commits', () => {
    it('raced by fifty clients have one winner, and every loser gets its bytes', async () => {
      const world = house.world
      const alice = await makeClient(world)
      const { group, state } = await createdBy(house, alice)
      const made = await Promise.all(Array.from({ length: 50 }, () => commitOf(state)))
      const answers = await Promise.all(made.map((one) => postCommit(house, alice, group, one)))
      const winners = answers.flatMap(({ status }, index) => (status === 201 ? [made[index]] : []))
      expect(winners).to.have.length(1)
      const losers = answers.filter(({ status }) => status !== 201)
      expect(losers).to.have.length(49)
      for (const { status, body } of losers) {
        expect(status).to.equal(409)
        expect(body['code']).to.equal('wrong-epoch')
        expect(body['currentEpoch']).to.equal('1')
        expect(body['winningCommit']).to.equal(text(winners[0]?.commit ?? new Uint8Array()))
      }
      expect(await house.events.readStream(groupStream(group))).to.have.length(3)
    })

    it('that are refused leave no blobs behind, and a dry run leaves nothing at all', async () => {
      const { group, alice, bob, of } = await circle(house)
      const count = async (): Promise<number> => (await house.blobs.list({ limit: 1_000 })).length
      const before = await count()
      const dry = await commitOf(of(alice))
      const checked = await postCommit(house, alice, group, dry, { dryRun: true })
      expect([checked.status, checked.body['epoch']]).to.deep.equal([201, '2'])
      const refused = await postCommit(house, bob, group, await commitOf(of(bob), [remove(0)]), { dryRun: true })
      expect([refused.status, refused.body['code']]).to.deep.equal([403, 'not-allowed'])
      await postCommit(house, bob, group, await commitOf(of(bob), [remove(0)]))
      expect(await count()).to.equal(before)
      const { body } = await house.ask(alice, 'GET', at(group))
      expect(body['epoch']).to.equal('1')
    })

    it('are answered again as the first time under the same key', async () => {
      const { group, alice, of } = await circle(house)
      const made = await commitOf(of(alice))
      const first = await postCommit(house, alice, group, made, { key: 'commit-once' })
      const again = await postCommit(house, alice, group, made, { key: 'commit-once' })
      expect(first.status).to.equal(201)
      expect(again.body).to.deep.equal(first.body)
    })

    it('find the winner of an epoch long gone', async () => {
      const all = await circle(house)
      const late = await commitOf(all.of(all.carol))
      const [first] = [await commitOf(all.of(all.alice))]
      await postCommit(house, all.alice, all.group, first)
      all.states.set(all.alice, first.state)
      for (let n = 0; n < 20; n++) await commitBy(all, all.alice, [])
      await house.level()
      const refused = await postCommit(house, all.carol, all.group, late)
      expect(refused.body['currentEpoch']).to.equal('22')
      expect(refused.body['winningCommit']).to.equal(text(first.commit))
    })

    it('come as a bundle of JSON too, and a broken bundle is refused', async () => {
      const { group, alice, of } = await circle(house)
      const { commit, groupInfo } = await commitOf(of(alice))
      const swapped = await house.ask(alice, 'POST', at(group, '/commits'), {
        json: { commit: text(groupInfo), groupInfo: text(commit) },
      })
      expect([swapped.status, swapped.body['code']]).to.deep.equal([400, 'malformed'])
      const trailing = await house.ask(alice, 'POST', at(group, '/commits'), {
        mls: Buffer.concat([commit, groupInfo, Uint8Array.of(0)]),
      })
      expect(trailing.body['code']).to.equal('malformed')
      const unknown = await house.ask(alice, 'POST', at(group, '/commits'), {
        json: { commit: text(commit), groupInfo: text(groupInfo), extra: 1 },
      })
      expect(unknown.body['code']).to.equal('malformed')
      const json = { commit: text(commit), groupInfo: text(groupInfo) }
      expect((await house.ask(alice, 'POST', at(group, '/commits'), { json })).status).to.equal(201)
    })
  })

  describe('reading', () => {
    it('shows members with their roles, and what is pending', async () => {
      const { group, alice, bob, carol, of } = await circle(house)
      const leaving = await proposalOf(of(carol), remove(of(carol).privatePath.leafIndex))
      const proposed = await house.ask(carol, 'POST', at(group, '/proposals'), { mls: leaving.message })
      expect(proposed.status).to.equal(201)
      const { status, body } = await house.ask(bob, 'GET', at(group))
      expect(status).to.equal(200)
      const ends = of(alice).ratchetTree.flatMap((node) =>
        node?.nodeType === 'leaf' && node.leaf.leafNodeSource === 'key_package'
          ? [Number(node.leaf.lifetime.notAfter) * 1_000]
          : [],
      )
      expect(body['members']).to.deep.equal([
        { user: alice.user, role: 'admin', clients: [{ client: alice.client, leafIndex: 0, ends: ends[0] }] },
        { user: bob.user, role: 'member', clients: [{ client: bob.client, leafIndex: 1, ends: ends[1] }] },
        { user: carol.user, role: 'member', clients: [{ client: carol.client, leafIndex: 2, ends: ends[2] }] },
      ])
      expect(body['pending']).to.deep.equal({
        proposals: [{ ref: proposed.body['ref'], proposal: text(leaving.message), kind: 'remove' }],
        removals: [{ leafIndex: 2, client: carol.client, reason: 'selfRemoval' }],
      })
      expect((await house.ask(carol, 'GET', at(group))).status).to.equal(403)
    })

    it('gives group info to members and to their other clients, as JSON and raw', async () => {
      const { group, bob, alice, of } = await circle(house)
      const tablet = await makeClient(house.world, bob.user)
      const json = await house.ask(tablet, 'GET', at(group, '/groupInfo'))
      expect([json.status, json.body['epoch']]).to.deep.equal([200, '1'])
      const raw = await house.ask(bob, 'GET', at(group, '/groupInfo'), { headers: { accept: 'message/mls' } })
      expect(raw.headers.get('content-type')).to.contain('message/mls')
      expect(text(raw.bytes)).to.equal(json.body['groupInfo'])
      expect(text(raw.bytes)).to.equal(text(await groupInfoOf(of(alice))))
      const stranger = await makeClient(house.world)
      expect((await house.ask(stranger, 'GET', at(group, '/groupInfo'))).status).to.equal(404)
    })

    it('gives the tree of an epoch, and the Commits since, to clients with a leaf there', async () => {
      const all = await circle(house)
      const { group, alice, bob, carol, of } = all
      const then = text(treeOf(of(alice)))
      await commitBy(all, alice, [], [bob, carol])
      await commitBy(all, alice, [remove(of(carol).privatePath.leafIndex)], [bob])
      await commitBy(all, bob, [], [alice])
      await house.level()
      const tree = await house.ask(bob, 'GET', at(group, '/tree?epoch=1'))
      expect([tree.body['epoch'], tree.body['ratchetTree']]).to.deep.equal(['1', then])
      const now = await house.ask(bob, 'GET', at(group, '/tree'))
      expect(now.body['ratchetTree']).to.equal(text(treeOf(of(alice))))
      const epochsOf = (body: Record<string, unknown>): unknown =>
        (body['commits'] as { epoch: string }[]).map(({ epoch }) => epoch)
      expect(epochsOf((await house.ask(bob, 'GET', at(group, '/commits?from=1'))).body)).to.deep.equal(['2', '3', '4'])
      expect(epochsOf((await house.ask(carol, 'GET', at(group, '/commits?from=1'))).body)).to.deep.equal(['2', '3'])
      expect((await house.ask(carol, 'GET', at(group, '/tree?epoch=4'))).status).to.equal(403)
      expect((await house.ask(carol, 'GET', at(group, '/commits?from=4'))).status).to.equal(403)
      const early = await house.ask(bob, 'GET', at(group, '/tree?epoch=0'))
      expect(early.body).to.include({ code: 'no-such-epoch', first: '1' })
      expect((await house.ask(bob, 'GET', at(group, '/tree?epoch=9'))).body['code']).to.equal('wrong-epoch')
      const stranger = await makeClient(house.world)
      expect((await house.ask(stranger, 'GET', at(group, '/tree?epoch=1'))).status).to.equal(404)
    })

    it('refuses a stranger’s Commit before anything costly is looked at', async () => {
      const { group, alice, of } = await circle(house)
      const mallory = await makeClient(house.world)
      const { commit, groupInfo } = await commitOf(of(alice))
      const refused = await postCommit(house, mallory, group, { commit, groupInfo, welcome: undefined })
      expect([refused.status, refused.body['code']]).to.deep.equal([404, 'no-such-group'])
      const posted = await postCommit(house, alice, group, { commit, groupInfo, welcome: undefined }, { key: 'again' })
      // What is known under its key is answered again, though by now it would be refused.
      const again = await postCommit(house, alice, group, { commit, groupInfo, welcome: undefined }, { key: 'again' })
      expect([posted.status, again.body]).to.deep.equal([201, posted.body])
    })

    it('pages through many Commits', async () => {
      const small = await startHouse({ limits: { listPageMax: 2 }, world: house.world })
      try {
        const all = await circle(small)
        for (let n = 0; n < 4; n++) await commitBy(all, all.alice, [], [all.bob])
        const seen: string[] = []
        let from: string | undefined = '1'
        while (from !== undefined) {
          const { body } = await small.ask(all.bob, 'GET', at(all.group, `/commits?from=${from}`))
          seen.push(...(body['commits'] as { epoch: string }[]).map(({ epoch }) => epoch))
          from = body['next'] as string | undefined
        }
        expect(seen).to.deep.equal(['2', '3', '4', '5'])
      } finally {
        await small.close()
      }
    })
  })

  describe('what admins change', () => {
    it('roles: an admin makes admins, and the last one cannot step down', async () => {
      const { group, alice, bob } = await circle(house)
      const role = (by: typeof alice, of: typeof alice, to: string) =>
        house.ask(by, 'PUT', at(group, `/roles/${encodeURIComponent(of.user)}`), { json: { role: to } })
      expect((await role(bob, bob, 'admin')).status).to.equal(403)
      expect((await role(alice, alice, 'member')).body['capability']).to.equal('demoteLastAdmin')
      expect((await role(alice, bob, 'admin')).status).to.equal(200)
      expect((await role(alice, alice, 'member')).status).to.equal(200)
      expect((await role(alice, bob, 'member')).status).to.equal(403)
    })

    it('settings: within what the server keeps', async () => {
      const { group, alice, bob } = await circle(house)
      const set = (by: typeof alice, retentionMs: number) =>
        house.ask(by, 'PUT', at(group, '/settings'), { json: { retentionMs } })
      const max = 30 * 24 * 60 * 60 * 1_000
      expect((await set(bob, 60_000)).status).to.equal(403)
      expect((await set(alice, max)).status).to.equal(200)
      expect((await set(alice, max + 1)).body['code']).to.equal('limit-reached')
      expect((await set(alice, 60_000)).status).to.equal(200)
      expect((await house.ask(bob, 'GET', at(group))).body['settings']).to.deep.equal({ retentionMs: 60_000 })
    })

    it('the profile: by those who have seen the version', async () => {
      const { group, alice, bob } = await circle(house)
      const put = (by: typeof alice, version: string, bytes: Uint8Array) =>
        house.ask(by, 'PUT', at(group, '/profile'), {
          json: { profile: text(bytes) },
          headers: { 'if-match': version },
        })
      expect((await house.ask(bob, 'GET', at(group, '/profile'))).body).to.deep.equal({ version: 0, profile: '' })
      expect((await put(bob, '"0"', Uint8Array.of(1))).status).to.equal(403)
      expect((await put(alice, '"0"', Uint8Array.of(1))).body['version']).to.equal(1)
      const stale = await put(alice, '"0"', Uint8Array.of(2))
      expect([stale.status, stale.body['code'], stale.body['current']]).to.deep.equal([409, 'version-mismatch', 1])
      expect((await put(alice, 'x', Uint8Array.of(2))).body['code']).to.equal('malformed')
      expect((await put(alice, '"1"', new Uint8Array(64 * 1024 + 1))).body['code']).to.equal('too-large')
      expect((await put(alice, '"1"', new Uint8Array(64 * 1024))).body['version']).to.equal(2)
      const read = await house.ask(bob, 'GET', at(group, '/profile'))
      expect(read.headers.get('etag')).to.equal('"2"')
      expect(read.body['profile']).to.equal(text(new Uint8Array(64 * 1024)))
    })

    it('deletion: members hear 410 from then on, strangers 404', async () => {
      const { group, alice, bob } = await circle(house)
      expect((await house.ask(bob, 'DELETE', at(group))).status).to.equal(403)
      expect((await house.ask(alice, 'DELETE', at(group))).status).to.equal(200)
      expect((await house.ask(bob, 'GET', at(group))).body['code']).to.equal('group-deleted')
      const stranger = await makeClient(house.world)
      expect((await house.ask(stranger, 'GET', at(group))).body['code']).to.equal('no-such-group')
    })

    it('a reset, to an id that the admin holds, named to whoever comes later', async () => {
      const { group, alice, bob, of } = await circle(house)
      const fault = await house.ask(bob, 'POST', at(group, '/faults'), {
        json: { epoch: '1', detail: 'no path secret' },
      })
      expect(fault.status).to.equal(202)
      expect((await house.ask(bob, 'POST', at(group, '/faults'), { json: { epoch: '2' } })).body['code']).to.equal(
        'wrong-epoch',
      )
      const foreign = await reserved(house, bob)
      const reset = (by: typeof alice, successor: string) =>
        house.ask(by, 'POST', at(group, '/reset'), { json: { successor } })
      expect((await reset(alice, foreign)).body['code']).to.equal('malformed')
      expect((await reset(bob, foreign)).body['code']).to.equal('not-allowed')
      const successor = await reserved(house, alice)
      expect((await reset(alice, successor)).status).to.equal(200)
      const { message } = await messageOf(of(bob), 'hello?')
      const sent = await house.ask(bob, 'POST', at(group, '/messages'), { mls: message })
      expect([sent.status, sent.body['code'], sent.body['successor']]).to.deep.equal([410, 'group-deleted', successor])
    })
  })

  it('limits sends, commits and proposals by their rates', async () => {
    const strict = await startHouse({
      world: house.world,
      rates: {
        ...(await import('#src/limits/limits.js')).rateDefaults,
        sendsPerClient: { burst: 1, everyMs: 1_000_000 },
        commitsPerClientAndGroup: { burst: 1, everyMs: 1_000_000 },
      },
    })
    try {
      const { group, alice, bob, of } = await circle(strict)
      const again = await postCommit(strict, alice, group, await commitOf(of(alice)))
      expect([again.status, again.body['code']]).to.deep.equal([429, 'rate-limited'])
      const { state, message } = await messageOf(of(bob), 'one')
      expect((await strict.ask(bob, 'POST', at(group, '/messages'), { mls: message })).status).to.equal(201)
      const second = await strict.ask(bob, 'POST', at(group, '/messages'), {
        mls: (await messageOf(state, 'two')).message,
      })
      expect(second.status).to.equal(429)
    } finally {
      await strict.close()
    }
  })

  it('lets a loser of an epoch go on from the winner', async () => {
    const all = await circle(house)
    const { group, alice, bob, of, states } = all
    const lost = await commitOf(of(bob))
    const won = await commitOf(of(alice))
    await postCommit(house, alice, group, won)
    const refused = await postCommit(house, bob, group, lost)
    expect(refused.body['winningCommit']).to.equal(text(won.commit))
    states.set(bob, await received(of(bob), won.parsed))
    expect((await commitBy(all, bob, [])).status).to.equal(201)
  })
})
