/** Reactions under the messages of the chat. */
import { expect } from 'chai'
import { emptyConversation, type Conversation, type Message } from '#src/chat/model.js'
import { marksOf, reacted, reactionOf, unreacted } from '#src/chat/reactions.js'
import type { GroupId, MessageId, UserId } from '#src/client/index.js'

const [alice, bob] = ['alice', 'bob'] as unknown as [UserId, UserId]
const [said, r1, r2] = ['said', 'r1', 'r2'] as unknown as [MessageId, MessageId, MessageId]

describe('Reactions in the chat', () => {
  const message: Message = { id: 'm', at: 1, from: alice, text: 'hello', said }
  const withOne = (one: Message): Conversation => ({ ...emptyConversation('g' as GroupId), messages: [one] })
  const marks = (one: Message | undefined): unknown => Object.fromEntries(marksOf(one!))

  it('count each person once, in the order in which they came', () => {
    const once = reacted(withOne(message), said, { id: r1, from: bob, marks: ['👍', '🎉'] })
    const twice = reacted(withOne(once!), said, { id: r2, from: alice, marks: ['👍'] })
    expect(marks(twice)).to.deep.equal({ '👍': [bob, alice], '🎉': [bob] })
    expect([reactionOf(twice!, alice, '👍')?.id, reactionOf(twice!, alice, '🎉')]).to.deep.equal([r2, undefined])
    const again = reacted(withOne(twice!), said, { id: r2, from: alice, marks: ['👍'] })
    expect(marks(again)).to.deep.equal(marks(twice))
  })

  it('stand instead of an earlier one, and are taken back, by whose they are alone', () => {
    const once = reacted(withOne(message), said, { id: r1, from: bob, marks: ['👍'] })!
    const instead = (from: UserId): unknown => marks(reacted(withOne(once), said, { id: r2, from, marks: ['🎉'] }, r1))
    expect(instead(bob)).to.deep.equal({ '🎉': [bob] })
    expect(instead(alice)).to.deep.equal({ '👍': [bob], '🎉': [alice] })
    expect(unreacted(withOne(once), r1, alice)).to.equal(undefined)
    expect(marks(unreacted(withOne(once), r1, bob))).to.deep.equal({})
  })

  it('are for messages that are here, and bounded', () => {
    expect(reacted(withOne(message), r1, { id: r2, from: bob, marks: ['👍'] })).to.equal(undefined)
    let one = message
    for (let n = 0; n < 300; n++)
      one = reacted(withOne(one), said, { id: `r${n}` as MessageId, from: bob, marks: ['x'.repeat(1_000)] })!
    expect([one.reactions?.length, one.reactions?.at(-1)?.id]).to.deep.equal([200, 'r299'])
    expect([...marksOf(one).keys()].map(({ length }) => length)).to.deep.equal([16])
  })
})
