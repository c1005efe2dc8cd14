/** What people say: every kind of content made by one client and read by another, over a real server. */
import { expect } from 'chai'
import { loadAccount } from '#src/client/account/account.js'
import { assembleClient } from '#src/client/assembleClient.js'
import { send } from '#src/client/groups/sending/send.js'
import { type Group, type Message, type MessageEvent, newTimeline } from '#src/client/index.js'
import { encodeRecord } from '#src/client/store/record.js'
import { httpTo } from '#src/client/transport/http.js'
import { groupAt, groupOf, inStep, openHouse, type House, type Player } from './house.js'

describe('Content', () => {
  let house: House
  let alice: Player
  let bob: Player
  let group: Group
  beforeEach(async () => {
    group = await groupOf(alice, bob)
  })
  before(async () => {
    house = await openHouse()
    alice = await house.register('alice')
    bob = await house.register('bob')
  })
  after(() => house.close())

  const messagesOf = (player: Player): readonly MessageEvent[] =>
    player.events.filter((event) => event.type === 'message').filter((event) => event.group === group.id)
  /** The same message, as `by` has it. */
  const readBy = (by: Player, { id }: Message): Promise<MessageEvent> =>
    by.until(() => messagesOf(by).find((message) => message.id === id))
  const same = ({ content, text, replaces, inReplyTo }: Message) => ({ content, text, replaces, inReplyTo })
  const arrives = async (sent: Message): Promise<MessageEvent> => {
    const read = await readBy(bob, sent)
    expect(same(read)).to.deep.equal(same(sent))
    expect([read.from, sent.from]).to.deep.equal(
      [1, 2].map(() => ({ user: alice.client.user, client: alice.client.client })),
    )
    return read
  }

  it('is text, plain and marked up', async () => {
    const plain = await arrives(await group.send('Hello Bob!'))
    expect(plain.content).to.deep.equal({
      type: 'text',
      text: 'Hello Bob!',
      contentType: 'text/plain;charset=utf-8',
      language: '',
    })
    const { content } = await arrives(await group.send({ text: '_Hello_', format: 'markdown', language: 'en' }))
    expect(content).to.include({ contentType: 'text/markdown;variant=GFM-MIMI', language: 'en' })
  })

  it('is a reply, by the message itself or by its group', async () => {
    const question = await readBy(bob, await group.send('Are you there?'))
    const answer = await readBy(alice, await question.reply('I am'))
    expect(answer).to.include({ text: 'I am', inReplyTo: question.id })
    const again = await group.send({ text: 'Good', inReplyTo: answer })
    expect(await readBy(bob, again)).to.include({ text: 'Good', inReplyTo: answer.id })
    expect(structuredClone(question)).to.deep.equal({ ...question })
  })

  it('is an edit and a deletion of what one said, and of nothing else', async () => {
    const said = await group.send('Hallo')
    const edit = await arrives(await group.edit(said, 'Hello'))
    expect(edit).to.deep.include({ text: 'Hello', replaces: said.id })
    const { content } = await arrives(await group.edit(edit, { text: '**Hello**', format: 'markdown' }))
    expect(content).to.deep.include({ type: 'edit', of: said.id })
    expect((await arrives(await group.deleteMessage(said))).content).to.deep.equal({ type: 'deletion', of: said.id })
    const theirs = await readBy(bob, await group.send('mine'))
    for (const call of [groupAt(bob, group).edit(theirs, 'not yours'), groupAt(bob, group).deleteMessage(theirs)])
      expect(await call.catch((error: unknown) => error)).to.be.an.instanceOf(TypeError)
  })

  it('is a reaction, another one, and none', async () => {
    const said = await group.send('It works')
    const read = await readBy(bob, said)
    const up = await readBy(alice, await groupAt(bob, group).react(read, '👍'))
    expect(up.content).to.deep.include({ type: 'reaction', to: said.id, reactions: ['👍'] })
    const others = await readBy(alice, await groupAt(bob, group).react(read, ['❤', '🎉'], up))
    expect(others).to.deep.include({ text: '❤ 🎉', replaces: up.id })
    const none = await readBy(alice, await groupAt(bob, group).unreact(others))
    expect(none.content).to.deep.equal({ type: 'unreaction', of: others.id })
  })

  it('is a receipt for as many messages as one likes', async () => {
    const sent = [await group.send('one'), await group.send('two')]
    const read = await Promise.all(sent.map((message) => readBy(bob, message)))
    const { content, text } = await readBy(alice, await groupAt(bob, group).markRead(...read))
    expect(content).to.deep.equal({ type: 'status', reports: sent.map(({ id }) => ({ message: id, status: 'read' })) })
    expect(text).to.equal('')
  })

  it('is data of any type, and a file that is elsewhere', async () => {
    const data = Uint8Array.from({ length: 1_000 }, (_, at) => at % 251)
    const read = await arrives(await group.send({ data, contentType: 'image/png', disposition: 'inline' }))
    expect(read.data).to.deep.equal(data)
    expect(read.content).to.deep.include({ type: 'data', contentType: 'image/png', disposition: 'inline' })
    const attachment = { contentType: 'video/mp4', url: 'https://example.org/1', size: 7, filename: 'holiday.mp4' }
    const file = await arrives(await group.send({ attachment }))
    expect(file.text).to.equal('holiday.mp4')
    expect(file.content)
      .to.have.property('attachment')
      .that.deep.includes({ ...attachment, encAlg: 0 })
  })

  it('is shown as one conversation by both who take part, each other client of theirs included', async () => {
    const laptop = await house.link(alice)
    await laptop.client.joinGroup(group.id)
    await inStep(alice, laptop, group)
    await inStep(bob, laptop, group)
    const [ofAlice, ofBob] = [newTimeline(), newTimeline()]
    const say = async (by: Player, made: Promise<Message | undefined>): Promise<void> => {
      const message = (await made)!
      const read = await readBy(by === bob ? alice : bob, message)
      ofAlice.add(by === alice ? message : read)
      ofBob.add(by === bob ? message : read)
    }
    const { id } = await readBy(bob, await groupAt(laptop, group).send('Hallo'))
    const said = { id, from: { user: alice.client.user, client: laptop.client.client } }
    for (const [player, timeline] of [
      [alice, ofAlice],
      [bob, ofBob],
    ] as const)
      timeline.add(await readBy(player, said as Message))
    await say(alice, group.edit(said, 'Hello'))
    await say(bob, groupAt(bob, group).react(said, '👍'))
    await say(bob, groupAt(bob, group).markRead(said))
    await say(bob, groupAt(bob, group).send('Goodbye'))
    const brief = [ofAlice, ofBob].map((timeline) =>
      timeline.shown().map(({ text, edited, reactions, status }) => [text, edited, [...reactions], [...status]]),
    )
    expect(brief[0]).to.deep.equal([
      ['Hello', true, [['👍', [bob.client.user]]], [[bob.client.user, 'read']]],
      ['Goodbye', false, [], []],
    ])
    expect(brief[1]).to.deep.equal(brief[0])
  })

  it('names what is no message, body or content before anything is sent', async () => {
    const none = undefined as unknown as Message
    const calls = [
      () => group.edit(none, 'x'),
      () => group.deleteMessage(none),
      () => group.react(none, '👍'),
      () => group.markRead(),
      () => group.markRead({ id: 'abc' } as unknown as Message),
      () => group.reply(none, 'x'),
      () => group.send({} as unknown as string),
      () => group.send({ text: 'x', topic: new Uint8Array(5_000) }),
    ]
    for (const call of calls) expect(await call().catch((error: unknown) => error)).to.be.an.instanceOf(TypeError)
    expect(group.status()).to.equal('active')
    await group.send('and nothing else')
    await bob.untilText('and nothing else')
    expect(messagesOf(bob)).to.have.length(1)
  })

  it('of clients before contents is still read, wherever it is', async () => {
    const noText = Uint8Array.of(0xff, 1)
    const noContent = Uint8Array.of(0x87, 0x50, 1, 2, 3)
    await sendAsBefore(alice, new TextEncoder().encode('plain text'), noText, noContent)
    alice = await alice.restart()
    await groupAt(alice, group).send('and a content')
    await bob.untilText('and a content')
    const [plain, bytes, torn] = messagesOf(bob)
    expect(plain).to.include({ text: 'plain text' })
    expect(plain?.content.type).to.equal('text')
    expect(bytes?.content).to.deep.include({ type: 'unsupported', bytes: noText })
    expect(torn?.content).to.deep.include({ type: 'unsupported', bytes: noContent })
    const answer = await readBy(alice, await plain!.reply('an answer to it'))
    expect(answer.inReplyTo).to.equal(plain?.id)

    const waiting = { type: 'message', group: group.id, from: plain?.from, data: Buffer.from('saved'), text: 'saved' }
    await bob.client.close()
    const value = encodeRecord({ ...waiting, data: new Uint8Array(waiting.data), epoch: 1n, at: 1 })
    await bob.store.write([{ key: `inbox/${'9'.repeat(12)}`, value }])
    bob = await bob.restart()
    await bob.untilText('saved')
    expect(messagesOf(bob).at(-1)).to.deep.include({ from: plain?.from, epoch: 1n, at: 1 })
  })

  /** Sends plaintexts as they are, with the keys of this player, who stops for it and has to be started again. */
  const sendAsBefore = async ({ client, store }: Player, ...plaintexts: readonly Uint8Array[]): Promise<void> => {
    const { url } = house.server
    await client.close()
    const account = (await loadAccount(store))!
    const assembled = await assembleClient({ server: url, store }, account, httpTo([url]), new AbortController())
    for (const plaintext of plaintexts)
      await send(assembled.engine, group.id, { plaintext, authenticatedData: new Uint8Array() })
    await assembled.client.close()
  }
})
