/** Who the chat page says is writing. */
import { expect } from 'chai'
import { believeMs, stopped, typing, typingLine } from '#src/chat/typing.js'
import type { Typist } from '#src/chat/typing.js'
import type { GroupId, UserId } from '#src/client/index.js'

const [alice, bob] = ['alice', 'bob'] as unknown as [UserId, UserId]
const [here, there] = ['here', 'there'] as unknown as [GroupId, GroupId]

describe('The line about who is writing', () => {
  const line = (typists: readonly Typist[], now: number, group = here): string | undefined =>
    typingLine(typists, { group, now, name: (user) => user })

  it('names those of the conversation, until they stop or say it no more', () => {
    const one = typing([], here, alice, 0)
    expect([line([], 0), line(one, 0), line(one, 0, there)]).to.deep.equal([undefined, 'alice is writing…', undefined])
    expect([line(one, believeMs - 1), line(one, believeMs)]).to.deep.equal(['alice is writing…', undefined])
    const again = typing(one, here, alice, 5)
    expect([again.length, line(again, believeMs + 4)]).to.deep.equal([1, 'alice is writing…'])
    const two = typing(typing(one, there, bob, 0), here, bob, 0)
    expect(line(two, 0)).to.equal('alice and bob are writing…')
    expect([line(stopped(two, here, alice), 0), line(stopped(two, here, alice), 0, there)]).to.deep.equal([
      'bob is writing…',
      'bob is writing…',
    ])
    const many = ['a', 'b', 'c', 'd'].reduce((all, user) => typing(all, here, user as UserId, 0), one)
    expect(line(many, 0)).to.equal('Several people are writing…')
  })
})
