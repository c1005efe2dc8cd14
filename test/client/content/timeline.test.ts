/** A conversation as it is shown: what each may change of what others see, and what they may not. */
import { expect } from 'chai'
import { type Message, readMessage } from '#src/client/content/message.js'
import {
  deletionOf,
  type Draft,
  editOf,
  newMessage,
  reactionTo,
  reportOf,
  sealDraft,
  unreactionOf,
} from '#src/client/content/newContent.js'
import { newTimeline, type Shown } from '#src/client/content/timeline.js'
import { parseClientId, parseGroupId, parseUserId } from '#src/mls/wire/ids.js'

const userOf = (letter: string) => parseUserId(`mimi://example.org/u/${letter.repeat(21)}A`)!
const clientOf = (letter: string) => parseClientId(`mimi://example.org/d/${letter.repeat(21)}A`)!
const groupOf = (letter: string) => parseGroupId(`mimi://example.org/g/${letter.repeat(21)}A`)!
const alice = { user: userOf('a'), client: clientOf('a') }
const laptop = { user: alice.user, client: clientOf('l') }
const bob = { user: userOf('b'), client: clientOf('b') }

let salts = 0
const say = (from: typeof alice, draft: Draft, group = groupOf('g')): Message => {
  const salt = Uint8Array.of(...new Uint8Array(12), ...new Uint8Array(Uint32Array.of(salts++).buffer))
  const bytes = sealDraft(draft, { sender: from.user, room: group, salt })
  return readMessage(bytes, { group, from, seal: new Uint8Array() })
}
const shown = (...messages: readonly Message[]): readonly Shown[] => {
  const timeline = newTimeline()
  for (const message of messages) timeline.add(message)
  return timeline.shown()
}
const brief = (all: readonly Shown[]) => all.map(({ text, edited, deleted }) => [text, edited, deleted])
const reactionsOf = (all: readonly Shown[]) => Object.fromEntries(all[0]?.reactions ?? [])

const pizza = say(alice, newMessage('Bob, could I borow a pen?'))

describe('A timeline', () => {
  it('shows each message once, oldest first', () => {
    const second = say(bob, newMessage({ text: 'Sure', inReplyTo: pizza }))
    expect(brief(shown(pizza, second, pizza))).to.deep.equal([
      ['Bob, could I borow a pen?', false, false],
      ['Sure', false, false],
    ])
    const edit = say(alice, editOf(pizza, 'corrected'))
    expect(brief(shown(pizza, edit, pizza))).to.deep.equal([['corrected', true, false]])
  })

  it('shows the newest version, by any client of the same user, whichever version the edit names', () => {
    const once = say(laptop, editOf(pizza, 'Bob, could I borrow a pen?'))
    const again = say(alice, editOf({ id: once.id }, 'Bob, may I borrow a pen?'))
    const [only, ...others] = shown(pizza, once, again)
    expect(others).to.deep.equal([])
    expect(only).to.include({ text: 'Bob, may I borrow a pen?', edited: true, message: pizza })
  })

  it('takes edits and deletions from nobody else', () => {
    const forged = say(bob, editOf({ id: pizza.id }, 'I owe Bob a Ferrari'))
    const deleted = say(bob, deletionOf({ id: pizza.id }))
    const unreacted = say(bob, unreactionOf({ id: pizza.id }))
    expect(brief(shown(pizza, forged, deleted, unreacted))).to.deep.equal([['Bob, could I borow a pen?', false, false]])
  })

  it('takes none from another group, though it is of the same user', () => {
    const elsewhere = say(alice, editOf({ id: pizza.id }, 'changed'), groupOf('h'))
    expect(brief(shown(pizza, elsewhere))[0]).to.deep.equal(['Bob, could I borow a pen?', false, false])
  })

  it('shows a deletion in the place of the message, and no edit after it', () => {
    const all = shown(pizza, say(alice, deletionOf(pizza)), say(alice, editOf(pizza, 'back again')))
    expect(brief(all)).to.deep.equal([['', false, true]])
    expect(all[0]?.content.type).to.equal('deletion')
  })

  it('shows an edit of what was said before this client came, and lets nobody take its place', () => {
    const unknown = say(alice, newMessage('before'))
    const forged = say(bob, editOf({ id: unknown.id }, 'of bob'))
    const edits = [say(alice, editOf(unknown, 'of alice')), say(alice, editOf(unknown, 'of alice, again'))]
    const all = shown(forged, ...edits)
    expect(all.map(({ message, text }) => [message.from.user, text])).to.deep.equal([
      [bob.user, 'of bob'],
      [alice.user, 'of alice, again'],
    ])
  })

  it('counts reactions by people, and one of each', () => {
    const reactions = [
      say(bob, reactionTo(pizza, ['👍'], undefined)),
      say(bob, reactionTo(pizza, ['👍', '🖊'], undefined)),
      say(alice, reactionTo(pizza, ['👍'], undefined)),
      say(laptop, reactionTo(pizza, ['👍'], undefined)),
    ]
    expect(reactionsOf(shown(pizza, ...reactions))).to.deep.equal({ '👍': [bob.user, alice.user], '🖊': [bob.user] })
  })

  it('replaces and takes back reactions of the same person alone', () => {
    const up = say(bob, reactionTo(pizza, ['👍'], undefined))
    const down = say(bob, reactionTo(pizza, ['👎'], up))
    const ofAlice = say(alice, reactionTo(pizza, ['❤'], { id: up.id }))
    expect(reactionsOf(shown(pizza, up, ofAlice))).to.deep.equal({ '👍': [bob.user], '❤': [alice.user] })
    expect(reactionsOf(shown(pizza, up, down))).to.deep.equal({ '👎': [bob.user] })
    expect(reactionsOf(shown(pizza, up, say(alice, unreactionOf({ id: up.id }))))).to.deep.equal({ '👍': [bob.user] })
    expect(reactionsOf(shown(pizza, up, say(bob, deletionOf(up))))).to.deep.equal({})
  })

  it('takes a reaction back twice without taking the message', () => {
    const up = say(alice, reactionTo(pizza, ['👍'], undefined))
    const all = shown(pizza, up, say(alice, unreactionOf(up)), say(laptop, unreactionOf(up)))
    expect([brief(all), reactionsOf(all)]).to.deep.equal([[['Bob, could I borow a pen?', false, false]], {}])
  })

  it('shows reactions to every version of a message at the message', () => {
    const edit = say(alice, editOf(pizza, 'Bob, could I borrow a pen?'))
    expect(reactionsOf(shown(pizza, edit, say(bob, reactionTo(edit, ['👍'], undefined))))).to.deep.equal({
      '👍': [bob.user],
    })
  })

  it('knows who has read what, and is not told otherwise by a receipt that comes late', () => {
    const receipts = [say(bob, reportOf('read', [pizza])), say(bob, reportOf('delivered', [pizza]))]
    expect([...shown(pizza, ...receipts)[0]!.status]).to.deep.equal([[bob.user, 'read']])
    expect([...shown(pizza, ...receipts, say(bob, reportOf('unread', [pizza])))[0]!.status]).to.deep.equal([
      [bob.user, 'unread'],
    ])
  })
})
