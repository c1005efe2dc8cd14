/** What the chat page shows, told what happens. */
import { expect } from 'chai'
import { decodeCard } from '#src/chat/card.js'
import {
  arrived,
  changed,
  conversationIn,
  doing,
  emptyConversation,
  heard,
  nameOf,
  portraitOf,
  portrayed,
  revised,
  selecting,
  takenUp,
  type State,
  titleOf,
  withMessage,
} from '#src/chat/model.js'
import { tellingOf } from '#src/chat/telling.js'
import { encodeGroupProfile } from '#src/client/groups/profiles/groupProfile.js'
import type { ClientId, GroupId, MessageId, UserId } from '#src/client/index.js'

const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => `mimi://a.example/u/${name}` as UserId) as [
  UserId,
  UserId,
  UserId,
]
const [first, second] = ['one', 'two'].map((name) => `mimi://a.example/g/${name}` as GroupId) as [GroupId, GroupId]

const said = 'said' as MessageId

const fresh: State = {
  me: { user: alice, handle: 'alice' },
  status: 'live',
  conversations: [emptyConversation(first), emptyConversation(second)],
  names: {},
  portraits: {},
}
const from = (user: UserId, at: number) => ({ id: `m${at}`, at, from: user, text: `at ${at}` })

describe('The chat’s conversations', () => {
  it('stand in the order of what was said last', () => {
    const state = heard(heard(fresh, second, from(bob, 5), false), first, from(bob, 3), false)
    expect(state.conversations.map(({ id }) => id)).to.deep.equal([second, first])
  })

  it('count what nobody has seen, until somebody looks', () => {
    const state = heard(heard(fresh, first, from(bob, 1), false), first, from(bob, 2), true)
    expect(conversationIn(state, first)?.unread).to.equal(1)
    const looked = selecting(state, first)
    expect(conversationIn(looked, first)?.unread).to.equal(0)
    expect(selecting(looked, undefined)).to.not.have.property('selected')
  })

  it('show once what is told again, and count it once', () => {
    const state = heard(heard(fresh, first, from(bob, 1), false), first, from(bob, 1), false)
    expect(conversationIn(state, first)).to.deep.include({ messages: [from(bob, 1)], unread: 1 })
  })

  it('leave what was on its way to the SDK when they are opened again, and show what had failed', () => {
    expect(takenUp({ ...from(alice, 1), fate: 'sending' })).to.deep.equal(from(alice, 1))
    expect(takenUp({ ...from(alice, 1), fate: 'failed' })).to.have.property('fate', 'failed')
  })

  it('do not count the page’s own lines', () => {
    const state = heard(fresh, first, { id: 'note', at: 1, text: 'bob is leaving.' }, false)
    expect(conversationIn(state, first)?.unread).to.equal(0)
  })

  it('begin with the first that is heard of them', () => {
    const state = heard({ ...fresh, conversations: [] }, first, from(bob, 1), false)
    expect(conversationIn(state, first)?.messages).to.have.length(1)
  })

  it('show how a message is doing, until it has arrived and has a name', () => {
    const sending = heard(fresh, first, { ...from(alice, 1), fate: 'sending' }, true)
    const failed = withMessage(sending, first, 'm1', (one) => doing(one, 'failed'))
    expect(conversationIn(failed, first)?.messages[0]?.fate).to.equal('failed')
    const sent = withMessage(failed, first, 'm1', (one) => arrived(one, said))
    expect(conversationIn(sent, first)?.messages[0]).to.deep.equal({ ...from(alice, 1), said })
  })

  it('show what somebody says instead of a message of theirs, and of nobody else’s', () => {
    const conversation = { ...emptyConversation(first), messages: [{ ...from(bob, 1), said }] }
    expect(revised(conversation, said, { from: bob, text: 'better' })).to.include({ text: 'better', edited: true })
    expect(revised(conversation, said, { from: carol, text: 'worse' })).to.equal(undefined)
    expect(revised(conversation, 'other' as MessageId, { from: bob, text: 'better' })).to.equal(undefined)
  })

  it('are called as their card says, else by their people, else by nobody', () => {
    const named = changed(fresh, first, (one) => ({ ...one, members: [alice, bob, carol] }))
    const one = named.conversations.find(({ id }) => id === first) ?? emptyConversation(first)
    expect(titleOf(named, { ...one, card: { name: 'Weekend', people: {} } })).to.equal('Weekend')
    expect(titleOf(named, { ...one, card: { name: '', people: { [bob]: 'bob' } } })).to.equal('bob, someone caro')
    expect(titleOf(named, { ...one, members: [alice] })).to.equal('Only you')
    expect(nameOf(named, one, alice)).to.equal('alice')
  })

  it('call people as they call themselves', () => {
    const state = { ...fresh, names: { [alice]: 'Alice A.', [bob]: 'Bob B.' } }
    const one = {
      ...emptyConversation(first),
      members: [alice, bob, carol],
      card: { name: '', people: { [bob]: 'bob', [carol]: 'carol' } },
    }
    expect([alice, bob, carol].map((user) => nameOf(state, one, user))).to.deep.equal(['Alice A.', 'Bob B.', 'carol'])
    expect(titleOf(state, one)).to.equal('Bob B., carol')
  })
})

describe('The chat’s pictures', () => {
  it('are a group’s own, else the other one’s where the two have no other name for it', () => {
    const two = { ...emptyConversation(first), members: [alice, bob] }
    const seen = portrayed(portrayed(fresh, alice, 'blob:alice'), bob, 'blob:bob')
    expect(portraitOf(fresh, two)).to.equal(undefined)
    expect(portraitOf(seen, two)).to.equal('blob:bob')
    expect(portraitOf(seen, { ...two, members: [alice, bob, carol] })).to.equal(undefined)
    expect(portraitOf(seen, { ...two, card: { name: 'Weekend', people: {} } })).to.equal(undefined)
    const own = portrayed(seen, first, 'blob:group')
    expect(portraitOf(own, { ...two, card: { name: 'Weekend', people: {} } })).to.equal('blob:group')
    expect(portrayed(own, first, undefined)).to.deep.equal(seen)
  })
})

describe('The chat’s card of a group', () => {
  it('comes back as it was written', () => {
    const card = { name: 'Weekend', people: { [bob]: 'bob' } }
    expect(decodeCard(encodeGroupProfile(card, undefined))).to.deep.equal(card)
  })

  for (const [what, text] of [
    ['no JSON', 'Weekend'],
    ['no object', '7'],
    ['nothing', 'null'],
    ['a name that is none', '{"name":7,"people":{}}'],
    ['people that are none', '{"name":"","people":"bob"}'],
  ] as const)
    it(`is none when another application wrote ${what}`, () => {
      expect(decodeCard(new TextEncoder().encode(text))).to.equal(undefined)
    })

  it('is cut where it is too long to show', () => {
    const card = decodeCard(
      encodeGroupProfile({ name: 'x'.repeat(500), people: { [bob]: 'b'.repeat(500) } }, undefined),
    )
    expect([card?.name.length, card?.people[bob]?.length]).to.deep.equal([80, 80])
  })
})

describe('The chat’s lines about events', () => {
  const name = (user: UserId): string => user.split('/').at(-1) ?? ''
  const member = (user: UserId) => ({ user, client: 'mimi://a.example/d/x' as ClientId })
  const change = (added: readonly UserId[], removed: readonly UserId[], by?: UserId) =>
    ({
      type: 'membersChanged',
      group: first,
      by: by === undefined ? undefined : member(by),
      added: added.map(member),
      removed: removed.map(member),
    }) as const

  it('tell who came and went, each person once', () => {
    expect(tellingOf(change([bob, bob], [], alice), name)).to.equal('alice added bob.')
    expect(tellingOf(change([bob], [carol]), name)).to.equal('Somebody added bob and removed carol.')
  })

  it('say nothing of a Commit that changed nobody', () => {
    expect(tellingOf(change([], [], alice), name)).to.equal(undefined)
  })
})
