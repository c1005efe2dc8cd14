/** Reports of messages: what is believed, of whom, by whom; what operators see of it; and what is left of it when somebody goes. */
import { readdirSync } from 'node:fs'
import { expect } from 'chai'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import type { PublicGroup } from '#src/mls/group/publicGroup.js'
import { addOf } from '../commands/forgedPeople.js'
import { composeServer } from '../compose/composedServer.js'
import type { ComposedServer } from '../compose/composedServer.js'
import { forgedCommit, forging, founded, gathered, postBundle } from '../faults/forgers.js'
import type { ForgingResident } from '../faults/forgers.js'
import { eventually } from '../stores/eventually.js'
import type { Answer } from './groupHouse.js'
import { complaintOf, saying, sentBy } from './reporting.js'
import type { Complaint, Said } from './reporting.js'

const operator = { token: 'hs_op_PlantedOperatorToken0123456789' }
const uri = encodeURIComponent
const day = 24 * 60 * 60 * 1_000

describe('reports', () => {
  let house: ComposedServer
  let [alice, bob, carol, mallory]: ForgingResident[] = []
  let group: GroupId
  let mls: PublicGroup
  before(async () => {
    house = await composeServer({ OPERATOR_TOKEN: operator.token })
    const come = async (): Promise<ForgingResident> => forging(house, await house.register())
    ;[alice, bob, carol, mallory] = [await come(), await come(), await come(), await come()]
    ;({ group, mls } = await gathered(house, [alice, bob, carol]))
  })
  after(() => house.close())

  const said = ({ status, body }: Answer): unknown => [status, body['code']]
  const report = (by: ForgingResident | undefined, complaint: object, key?: string): Promise<Answer> =>
    house.ask(by, 'POST', '/v1/reports', { json: complaint, ...(key === undefined ? {} : { key }) })
  const asked = (method: string, rest: string, json?: object): Promise<Answer> =>
    house.ask(operator, method, `/v1/operator/${rest}`, json === undefined ? {} : { json })
  const listed = async (status = 'open'): Promise<readonly Record<string, unknown>[]> => {
    const { body } = await house.ask(mallory, 'GET', '/v1/users/me')
    const answer = await asked('GET', `reports?status=${status}&atLeast=${String(body['position'])}`)
    return answer.body['reports'] as never
  }
  const count = async (type: string): Promise<number> =>
    (await house.events()).filter((event) => event.type === type).length
  /** Alice says something; bob hears it. */
  const abuse = async (
    text = 'abuse',
    { by = alice!, to = bob!, epoch = mls.epoch }: { by?: ForgingResident; to?: ForgingResident; epoch?: bigint } = {},
  ): Promise<{ what: Said; complaint: Complaint }> => {
    const what = saying(text)
    const shown = await sentBy(house, by, { group, epoch, said: what, to })
    return { what, complaint: complaintOf(what, shown, { group, accused: by.user }) }
  }

  it('need a frank, which only a message with a tag has', async () => {
    expect((await abuse()).complaint.frank).to.match(/^[A-Za-z0-9_-]{44}$/)
    const shown = await sentBy(house, alice, { group, epoch: mls.epoch, to: bob! })
    expect(shown).not.to.have.property('frank')
    const untagged = (await house.events()).filter(({ type }) => type === 'MessageAccepted').at(-1)
    expect(untagged?.data).to.have.all.keys('group', 'epoch', 'message')
  })

  it('are listed, looked at on record with what was said, and closed with what came of it', async () => {
    const { complaint } = await abuse()
    const made = await report(bob, { ...complaint, note: 'every night' })
    expect(made.status, JSON.stringify(made.body)).to.equal(201)
    const id = String(made.body['report'])
    const [shown] = await listed()
    const common = { report: id, group, reporter: bob!.user, accused: alice!.user, category: 'harassment' }
    expect(shown).to.deep.equal({ ...common, made: made.body['serverTime'] })
    const looked = await asked('GET', `reports/${id}?why=review`)
    const { content, salt, tag, frank, at } = complaint
    expect(looked.body).to.deep.include({ ...common, note: 'every night', evidence: { content, salt, tag, frank, at } })
    const closed = await asked('POST', `reports/${id}/close`, { outcome: 'acted', why: 'disabled' })
    expect(closed.status, JSON.stringify(closed.body)).to.equal(200)
    expect(await listed()).to.deep.equal([])
    const [gone] = await listed('closed')
    expect(gone).to.deep.include({ report: id, closed: { at: closed.body['serverTime'], outcome: 'acted' } })
    const acts = (await asked('GET', 'acts')).body['acts'] as readonly { readonly what: object }[]
    expect(acts.map(({ what }) => what)).to.deep.equal([
      { type: 'closeReport', report: id, outcome: 'acted' },
      { type: 'lookAtReport', report: id },
    ])
    const metrics = Buffer.from((await house.ask(undefined, 'GET', '/metrics')).bytes).toString()
    expect(metrics).to.contain('mls_homeserver_reports{status="open"} 0')
    expect(metrics).to.contain('mls_homeserver_reports{status="closed"} 1')
  })

  it('of nothing are nothing to operators', async () => {
    const before = await count('OperatorActed')
    const none = 'AAAAAAAAAAAAAAAAAAAAAA'
    expect(said(await asked('GET', `reports/${none}?why=x`))).to.deep.equal([404, 'no-such-report'])
    const closing = { outcome: 'acted', why: 'x' }
    expect(said(await asked('POST', `reports/${none}/close`, closing))).to.deep.equal([404, 'no-such-report'])
    expect(await count('OperatorActed')).to.equal(before)
  })

  describe('are not believed where', () => {
    const flipped = (text: string): string => {
      const bytes = Buffer.from(text, 'base64url')
      bytes[bytes.length - 1]! ^= 1
      return toBase64url(bytes)
    }
    const changes: Record<string, (complaint: Complaint) => Promise<Partial<Complaint>> | Partial<Complaint>> = {
      'the frank is forged': ({ frank }) => ({ frank: flipped(frank) }),
      'the frank is another message’s': async () => ({ frank: (await abuse('else')).complaint.frank }),
      'the frank is cut': ({ frank }) => ({ frank: frank.slice(0, -4) }),
      'it has none': () => ({ frank: '' }),
      'another is accused': () => ({ accused: carol!.user }),
      'the reporter accuses itself': () => ({ accused: bob!.user }),
      'it was said in another group': async () => ({ group: (await founded(house, bob!)).group }),
      'it was said later': ({ at }) => ({ at: at + 1 }),
      'it was said earlier': ({ at }) => ({ at: at - 1 }),
      'the content is another': ({ content }) => ({ content: flipped(content) }),
      'the content is longer': ({ content }) => ({
        content: toBase64url(Buffer.concat([Buffer.from(content, 'base64url'), Buffer.from([0])])),
      }),
      'the salt is another': ({ salt }) => ({ salt: flipped(salt) }),
      'the tag is another': ({ tag }) => ({ tag: flipped(tag) }),
      'the tag is one of other words': () => {
        const { content, salt, tag } = saying('what was never said')
        return { content: toBase64url(content), salt: toBase64url(salt), tag: toBase64url(tag) }
      },
    }
    for (const [what, change] of Object.entries(changes))
      it(what, async () => {
        const { complaint } = await abuse()
        const changed = { ...complaint, ...(await change(complaint)) }
        const before = (await house.events()).length
        expect(said(await report(bob, changed))).to.deep.equal([422, 'evidence-refused'])
        expect((await house.events()).length).to.equal(before)
      })
  })

  it('of one message are one, however often its reporter sends it, and another one of another reporter', async () => {
    const { complaint } = await abuse()
    const [reports, before] = [await count('ReportMade'), (await listed()).length]
    const first = await report(bob, complaint, 'k')
    expect((await report(bob, complaint, 'k')).body).to.deep.equal(first.body)
    expect(said(await report(bob, complaint))).to.deep.equal([409, 'already-exists'])
    expect(said(await report(bob, { ...complaint, category: 'spam', note: 'again' }))).to.deep.equal([
      409,
      'already-exists',
    ])
    await asked('POST', `reports/${String(first.body['report'])}/close`, { outcome: 'dismissed', why: 'a joke' })
    expect(said(await report(bob, complaint))).to.deep.equal([409, 'already-exists'])
    const other = await report(carol, complaint)
    expect(other.status).to.equal(201)
    expect(other.body['report']).not.to.equal(first.body['report'])
    expect([await count('ReportMade'), (await listed()).length]).to.deep.equal([reports + 2, before + 1])
  })

  it('are for who was there: to a stranger there is no group, and who came later was not shown it', async () => {
    const { complaint } = await abuse()
    expect(said(await report(mallory, complaint))).to.deep.equal([404, 'no-such-group'])
    const foreign = { ...complaint, group: group.replace('example.org', 'a.example') }
    expect(said(await report(bob, foreign))).to.deep.equal([404, 'no-such-group'])
    const dave = forging(house, await house.register())
    house.pass(1_000)
    const bundle = forgedCommit(mls, alice!, 0, [addOf(dave)])
    expect((await postBundle(house, alice!, group, bundle)).status).to.equal(201)
    mls = bundle.next
    const refused = await report(dave, complaint)
    expect([said(refused), refused.body['capability']]).to.deep.equal([[403, 'not-allowed'], 'reportUnseen'])
    const { complaint: seen } = await abuse('to all of you', { to: dave })
    expect((await report(dave, seen)).status).to.equal(201)
    // Whoever was removed can report what it was shown until then.
    house.pass(1_000)
    const out = forgedCommit(mls, alice!, 0, [{ type: 'remove', removed: 3 }])
    expect((await postBundle(house, alice!, group, out)).status).to.equal(201)
    mls = out.next
    const { complaint: again } = await abuse('said before')
    expect((await report(dave, { ...seen })).status).to.equal(409)
    house.pass(60_000)
    const { complaint: after } = await abuse('behind its back')
    expect(said(await report(dave, after))).to.deep.equal([403, 'not-allowed'])
    expect((await report(bob, again)).status).to.equal(201)
  })

  it('do not join a message to its sender, in the log alone', async () => {
    const { complaint } = await abuse('a secret sender')
    house.pass(1)
    await report(bob, complaint)
    const all = await house.events()
    const made = all.findLast(({ type }) => type === 'ReportMade')!
    const message = all.findLast(({ type }) => type === 'MessageAccepted')!
    const text = JSON.stringify(made)
    for (const part of [
      complaint.frank,
      complaint.tag,
      complaint.salt,
      complaint.content,
      String(complaint.at),
      message.id,
    ])
      expect(text).not.to.contain(part)
    expect((made.data as { evidence: { size: number } }).evidence.size).to.equal(5_499)
  })

  it('of a group that was deleted stand as any', async () => {
    const other = await gathered(house, [alice!, bob!])
    const what = saying('before the end')
    const shown = await sentBy(house, alice, { group: other.group, epoch: 1n, said: what, to: bob! })
    await house.ask(alice, 'DELETE', `/v1/groups/${uri(other.group)}`)
    const complaint = complaintOf(what, shown, { group: other.group, accused: alice!.user })
    expect((await report(bob, complaint)).status).to.equal(201)
  })

  it('take a message as large as there may be', async () => {
    const { complaint } = await abuse('x'.repeat(200_000))
    expect((await report(bob, complaint)).status).to.equal(201)
    const tooLarge = { ...complaint, content: toBase64url(new Uint8Array(256 * 1024 + 1)) }
    expect(said(await report(bob, tooLarge))).to.deep.equal([413, 'too-large'])
  })

  it('lose what an erased person said: the evidence with the accused, the note with the reporter', async () => {
    const [erin, frank] = [forging(house, await house.register()), forging(house, await house.register())]
    const bundle = forgedCommit(mls, alice!, 0, [addOf(erin), addOf(frank)])
    expect((await postBundle(house, alice!, group, bundle)).status).to.equal(201)
    mls = bundle.next
    const told = async (id: unknown) => (await asked('GET', `reports/${String(id)}?why=x`)).body
    const { complaint } = await abuse('mine to erase', { by: erin, to: frank })
    const { complaint: late } = await abuse('also mine', { by: erin, to: frank })
    const first = (await report(frank, { ...complaint, note: 'mine too' })).body['report']
    expect(await told(first)).to.deep.include({ note: 'mine too' })
    await house.ask(erin, 'DELETE', '/v1/users/me')
    const shown = await eventually('the evidence is gone', async () => {
      const one = await told(first)
      return one['evidence'] === null && one
    })
    expect(shown['note']).to.equal('mine too')
    expect(said(await report(frank, late)), 'what is erased is not gathered again').to.deep.equal([410, 'user-deleted'])
    await house.ask(frank, 'DELETE', '/v1/users/me')
    await eventually('the note is gone', async () => (await told(first))['note'] === null)
    expect(await told(first)).to.deep.include({ accused: erin.user, reporter: frank.user })
  })
})

const kept = { reportKeptMs: 2 * day, reportOpenKeptMs: 40 * day }

describe('a report and time', () => {
  let house: ComposedServer
  beforeEach(async () => {
    house = await composeServer({ OPERATOR_TOKEN: operator.token, LIMITS: JSON.stringify(kept) })
  })
  afterEach(() => house.close())

  const heard = async () => {
    const [alice, bob] = [forging(house, await house.register()), forging(house, await house.register())]
    const { group, mls } = await gathered(house, [alice, bob])
    const abuse = async () => {
      const what = saying('abuse')
      const shown = await sentBy(house, alice, { group, epoch: mls.epoch, said: what, to: bob })
      return complaintOf(what, shown, { group, accused: alice.user })
    }
    return { alice, bob, group, abuse }
  }

  it('tell of what retention has taken from the server, and who heard it has', async () => {
    const { alice, bob, group, abuse } = await heard()
    const complaint = await abuse()
    await house.ask(alice, 'PUT', `/v1/groups/${uri(group)}/settings`, { json: { retentionMs: 60_000 } })
    await eventually('the message is gone', async () => {
      house.pass(61_000)
      return (await house.events()).some(({ type }) => type === 'MessagesExpired')
    })
    const { status, body } = await house.ask(bob, 'POST', '/v1/reports', { json: complaint })
    expect(status, JSON.stringify(body)).to.equal(201)
  })

  it('keep the evidence until a while after it was closed, and then not a byte of it', async () => {
    const { bob, abuse } = await heard()
    const report = async (): Promise<string> => {
      const { body } = await house.ask(bob, 'POST', '/v1/reports', { json: await abuse() })
      return String(body['report'])
    }
    const [closed, open] = [await report(), await report()]
    const evidence = async (id: string): Promise<unknown> =>
      (await house.ask(operator, 'GET', `/v1/operator/reports/${id}?why=x`)).body['evidence']
    await house.ask(operator, 'POST', `/v1/operator/reports/${closed}/close`, { json: { outcome: 'acted', why: 'x' } })
    await eventually('it is let go', async () => {
      house.pass(day)
      return (await evidence(closed)) === null
    })
    const made = (await house.events()).filter(({ type }) => type === 'ReportMade')
    const [gone, stays] = made.map(({ data }) => (data as { evidence: { digest: string } }).evidence.digest)
    const onDisk = (): readonly string[] => readdirSync(house.server.dataDir, { recursive: true, encoding: 'utf8' })
    const isThere = (digest: string): boolean => onDisk().some((file) => file.includes(digest))
    await eventually('its bytes are gone', () => {
      house.pass(day / 4)
      return !isThere(gone!)
    })
    expect([isThere(stays!), await evidence(open)]).to.satisfy(
      ([there, shown]: unknown[]) => there === true && shown !== null,
    )
    const expired = async (): Promise<readonly unknown[]> =>
      (await house.events())
        .filter(({ type }) => type === 'ReportExpired')
        .map(({ data }) => (data as { readonly report: string }).report)
    expect(await expired()).to.deep.equal([closed])
    // Nobody closes the other: it stays on the list, without what was said, and may be closed yet.
    await eventually('that of the other is let go', async () => {
      house.pass(2 * day)
      return (await evidence(open)) === null
    })
    await eventually('its bytes are gone', () => {
      house.pass(day / 4)
      return !isThere(stays!)
    })
    const listed = async (status: string): Promise<unknown> =>
      (await house.ask(operator, 'GET', `/v1/operator/reports?status=${status}`)).body['reports']
    expect(await listed('open')).to.have.nested.property('[0].report', open)
    const closing = { json: { outcome: 'dismissed', why: 'x' } }
    await house.ask(operator, 'POST', `/v1/operator/reports/${open}/close`, closing)
    await eventually('it is closed', async () => ((await listed('closed')) as readonly unknown[]).length === 2)
    house.pass(3 * day)
    expect(await expired()).to.deep.equal([closed, open])
  })
})
