/** What a notification of the chat says: who wrote, how much, and never what. */
import { expect } from 'chai'
import { newsIn } from '#src/chat/waking/news.js'
import type { ClientEvent, UserId } from '#src/client/index.js'

const [me, alice, bob, carol, dave] = ['me', 'alice', 'bob', 'carol', 'dave'] as unknown as UserId[]

const said = (user: UserId | undefined, type = 'text'): ClientEvent =>
  ({ type: 'message', from: { user }, content: { type }, text: 'a secret' }) as unknown as ClientEvent
const event = (type: string): ClientEvent => ({ type }) as unknown as ClientEvent

describe('A notification of the chat', () => {
  const told = (...events: ClientEvent[]) => newsIn(events, me!, (user) => user)

  it('names who wrote, the last one first, and counts', () => {
    expect(told(said(alice))).to.deep.equal({ title: 'alice', body: '1 new message.', count: 1 })
    expect(told(said(alice), said(bob), said(alice))).to.deep.equal({
      title: 'alice and bob',
      body: '3 new messages.',
      count: 3,
    })
    expect(told(said(alice), said(bob), said(carol))?.title).to.equal('carol, bob and alice')
    expect(told(said(alice), said(bob), said(carol), said(dave))?.title).to.equal('dave, carol and 2 others')
    expect(JSON.stringify(told(said(alice)))).not.to.include('secret')
  })

  it('tells of a conversation that one was added to', () => {
    expect(told(event('joined'))).to.deep.equal({ title: 'Chat', body: 'You were added to a conversation.', count: 1 })
    expect(told(event('joined'), said(alice))?.body).to.equal('1 new message. You were added to a conversation.')
  })

  it('tells nothing of what one wrote oneself, of receipts and reactions, and of what is for the client', () => {
    const aside = ['reaction', 'unreaction', 'status', 'edit', 'deletion'].map((type) => said(alice, type))
    expect(told(said(me), ...aside, event('membersChanged'), event('userProfileChanged'))).to.equal(undefined)
  })
})
