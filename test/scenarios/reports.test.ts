/** Abuse, told to operators by who heard it: with real clients, and with one that would rather not be reported. */
import { expect } from 'chai'
import { readMessage } from '#src/client/content/message.js'
import { newMessage, sealDraft } from '#src/client/content/newContent.js'
import { send } from '#src/client/groups/sending/send.js'
import { tagged } from '#src/client/groups/franking.js'
import { isRefusal, type Group, type MessageEvent } from '#src/client/index.js'
import { fromBase64url } from '#src/mls/bytes/base64url.js'
import { engineOf } from './engineOf.js'
import { groupAt, groupOf, type House, openHouse, type Player } from './house.js'

const operator = 'hs_op_OperatorOfThisScenario0123456789'

describe('A report', () => {
  let house: House
  let alice: Player
  let bob: Player
  let group: Group
  before(async () => {
    house = await openHouse({ OPERATOR_TOKEN: operator })
    ;[alice, bob] = [await house.register('alice'), await house.register('bob')]
    group = await groupOf(alice, bob)
  })
  after(() => house.close())

  const heard = async (text: string): Promise<MessageEvent> => {
    await bob.untilText(text)
    return bob.events.find((event): event is MessageEvent => event.type === 'message' && event.text === text)!
  }
  const shown = async (
    report: string,
  ): Promise<{ readonly note: string; readonly accused: string; readonly evidence: { readonly content: string } }> => {
    const [operatorUrl] = house.server.url.split(',')
    const answer = await fetch(`${operatorUrl}/v1/operator/reports/${report}?why=review`, {
      headers: { authorization: `Bearer ${operator}` },
    })
    return (await answer.json()) as never
  }

  it('shows operators what was said, by whom, and what the reporter adds', async () => {
    await group.send('nobody else must read this')
    const message = await heard('nobody else must read this')
    expect(message).to.deep.include({ reportable: true })
    const { note, accused, evidence } = await shown(
      await message.report({ category: 'harassment', note: 'each night' }),
    )
    expect([note, accused]).to.deep.equal(['each night', alice.client.user])
    const content = fromBase64url(evidence.content)!
    const from = { user: alice.client.user, client: alice.client.client }
    expect(readMessage(content, { group: group.id, from, seal: new Uint8Array() }).text).to.equal(message.text)
    const again = await message.report({ category: 'spam' }).catch((error: unknown) => error)
    expect(isRefusal(again, 'already-exists')).to.equal(true)
  })

  it('is made later, too, of what was kept: edits, reactions and targeted messages among it', async () => {
    const said = await group.send('to be kept')
    await group.send('for you', { to: [bob.client.user] })
    const kept = structuredClone({ ...(await heard('to be kept')) })
    const targeted = structuredClone({ ...(await heard('for you')) })
    await group.edit(said, 'changed')
    const edit = structuredClone({ ...(await heard('changed')) })
    bob = await bob.restart()
    for (const { from, at, evidence } of [kept, targeted, edit])
      expect(await groupAt(bob, group).report({ from, at, evidence: evidence! }, { category: 'other' })).to.have.length(
        22,
      )
    const lie = { ...kept, from: { user: bob.client.user } }
    const refused = await groupAt(bob, group)
      .report(lie, { category: 'other' })
      .catch((error: unknown) => error)
    expect(isRefusal(refused, 'evidence-refused')).to.equal(true)
  })

  it('of a fault leads operators to a group that nobody can follow: who was in it is told when they give it up', async () => {
    const [operatorUrl] = house.server.url.split(',')
    const wedged = await groupOf(alice, bob)
    const answer = await fetch(`${operatorUrl}/v1/operator/groups/${encodeURIComponent(wedged.id)}/reset`, {
      method: 'POST',
      headers: { authorization: `Bearer ${operator}`, 'content-type': 'application/json' },
      body: JSON.stringify({ why: 'nobody can follow it' }),
    })
    expect(answer.status).to.equal(200)
    const told = await bob.until(() =>
      bob.events.find((event) => event.type === 'groupReset' && event.group === wedged.id),
    )
    const users = 'users' in told ? told.users : []
    expect([...users]).to.have.members([alice.client.user, bob.client.user])
    expect(groupAt(bob, wedged).status()).to.equal('reset')
  })

  it('is known to be worthless beforehand where the sender’s client deceives, or says nothing', async () => {
    const saltOf = (n: number): Uint8Array => new Uint8Array(16).fill(n)
    const contentOf = (text: string, n: number): Uint8Array =>
      sealDraft(newMessage(text), { sender: alice.client.user, room: group.id, salt: saltOf(n) })
    await alice.client.close()
    const engine = await engineOf(alice.store, house.server.url)
    const trap = contentOf('a trap', 1)
    await send(engine, group.id, { plaintext: trap, authenticatedData: tagged(contentOf('harmless', 2)) })
    await send(engine, group.id, { plaintext: contentOf('no tag', 3), authenticatedData: new Uint8Array() })
    await send(engine, group.id, {
      plaintext: contentOf('an honest one', 4),
      authenticatedData: tagged(contentOf('an honest one', 4)),
    })
    await engine.saver.flush()
    const whys = [await heard('a trap'), await heard('no tag'), await heard('an honest one')]
    expect(whys.map(({ reportable, unreportable }) => [reportable, unreportable])).to.deep.equal([
      [false, 'tagDoesNotFit'],
      [false, 'noTag'],
      [true, undefined],
    ])
    const refused = await whys[0]!.report({ category: 'spam' }).catch((error: unknown) => error)
    expect(refused).to.be.an.instanceOf(TypeError)
  })
})
