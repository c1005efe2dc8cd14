/** Signals between members without a server: who opens whose, and what opens for nobody. */
import { expect } from 'chai'
import { randomBytes } from '#src/client/crypto/random.js'
import { createGroup } from '#src/client/member/createOwnGroup.js'
import { encodeState, type GroupState, unwrap } from '#src/client/member/groupState.js'
import { joinByWelcome } from '#src/client/member/joinByWelcome.js'
import { openSignal, sealSignal } from '#src/client/member/signal.js'
import { stageCommit } from '#src/client/member/stageOwnCommit.js'
import { receiveHandshake } from '#src/client/member/receiveHandshake.js'
import { encodeRatchetTree } from '#src/client/member/tsMls.js'
import { groupIdBytes, makeId } from '#src/mls/wire/ids.js'
import { type DecodedSignal, decodeSignal } from '#src/mls/wire/signal.js'
import { makePeople } from '../support/people.js'

const words = new TextEncoder().encode('typing')

describe('A signal between members', () => {
  let alice: GroupState
  let bob: GroupState
  let other: GroupState
  before(async () => {
    const people = await makePeople()
    const [one, two] = [await people.person(), await people.person()]
    const beginAs = async (person: typeof one): Promise<GroupState> =>
      createGroup({
        groupId: groupIdBytes(makeId('group', people.domain, randomBytes(16))),
        identity: person.identity,
        keyPackage: await person.keyPackage(),
        check: people.check,
      })
    const keyPackage = await two.keyPackage()
    const staged = await stageCommit({ state: await beginAs(one), add: [keyPackage.message] })
    const joined = await joinByWelcome({
      welcome: staged.welcome!,
      keyPackage,
      identity: two.identity,
      fetchTree: () => Promise.resolve(encodeRatchetTree(unwrap(staged.next).client.ratchetTree)),
      check: people.check,
    })
    if (joined.type === 'refused') throw new Error(joined.detail)
    ;[alice, bob, other] = [staged.next, joined.state, await beginAs(one)]
  })

  const read = (bytes: Uint8Array): DecodedSignal => {
    const decoded = decodeSignal(bytes, 2_048)
    if (!decoded.ok) throw new Error(decoded.refusal.reason)
    return decoded.value
  }

  it('opens for the others, not for its sender, and changes no state', async () => {
    const before = encodeState(alice)
    const signal = read(await sealSignal(alice, words, randomBytes(12)))
    const opened = await openSignal(bob, signal)
    expect([opened?.plaintext, opened?.sender.leafIndex]).to.deep.equal([words, 0])
    expect(await openSignal(alice, signal)).to.equal(undefined)
    expect(encodeState(alice)).to.deep.equal(before)
  })

  it('opens in no other group, no other epoch, and under no other leaf', async () => {
    const bytes = await sealSignal(alice, words, randomBytes(12))
    const signal = read(bytes)
    const opens = async (changed: Partial<DecodedSignal>, by = bob): Promise<boolean> =>
      (await openSignal(by, { ...signal, ...changed })) !== undefined
    expect(await opens({})).to.equal(true)
    expect(await opens({}, other)).to.equal(false)
    expect(await opens({ leafIndex: 7 })).to.equal(false)
    expect(await opens({ ciphertext: signal.ciphertext.slice(1) })).to.equal(false)
    expect(await opens({ nonce: randomBytes(12) })).to.equal(false)
    expect(await opens({ signature: randomBytes(64) })).to.equal(false)
    const mine = read(await sealSignal(bob, words, randomBytes(12)))
    expect(await openSignal(alice, { ...mine, leafIndex: 0 })).to.equal(undefined)
    const staged = await stageCommit({ state: alice })
    const followed = await receiveHandshake(bob, staged.commit)
    if (followed.type === 'unreadable') throw new Error(followed.detail)
    expect(await openSignal(followed.next, signal), 'lapsed').to.equal(undefined)
    const early = read(await sealSignal(staged.next, words, randomBytes(12)))
    expect(await openSignal(bob, early), 'early').to.equal(undefined)
    expect(await openSignal(followed.next, early), 'in time').to.not.equal(undefined)
  })
})
