/** Who may signal, over HTTP, and what of it goes on: the group's own, as it came, and into no log. */
import { expect } from 'chai'
import { limitDefaults, rateDefaults } from '#src/limits/limits.js'
import { groupIdBytes } from '#src/mls/wire/ids.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { encodeSignal } from '#src/mls/wire/signal.js'
import { makeClient, random, remove } from '../commands/mlsFixture.js'
import type { TestClient } from '../commands/mlsFixture.js'
import { forgedSignal } from '../support/forgedSignal.js'
import type { Answer, House } from './groupHouse.js'
import { startHouse } from './groupHouse.js'
import { at, circle, commitBy, reserved, text } from './groupPeople.js'

describe('signals over HTTP', () => {
  let house: House
  beforeEach(async () => {
    house = await startHouse()
  })
  afterEach(() => house.close())

  const post = (by: TestClient, group: GroupId, signal: Uint8Array): Promise<Answer> =>
    house.ask(by, 'POST', at(group, '/signals'), { json: { signal: text(signal) } })
  const saidTo = ({ status, body }: Answer): unknown[] => [status, body['code']]

  it('of a member go on as they came, and stand nowhere', async () => {
    const { group, bob } = await circle(house)
    const before = await house.log()
    const signal = forgedSignal(group, 1n, 1)
    expect((await post(bob, group, signal)).status).to.equal(204)
    const [passed] = house.passed
    expect([passed?.group, passed?.leafIndex, Buffer.from(passed!.bytes)]).to.deep.equal([
      group,
      1,
      Buffer.from(signal),
    ])
    expect(await house.log()).to.deep.equal(before)
  })

  it('of another leaf, of an epoch that is not now, or that name another group, are refused', async () => {
    const scene = await circle(house)
    const { group, alice, bob, carol } = scene
    expect(saidTo(await post(bob, group, forgedSignal(group, 1n, 2)))).to.deep.equal([403, 'identity-mismatch'])
    const other = await reserved(house, alice)
    expect(saidTo(await post(bob, group, forgedSignal(other, 1n, 1)))).to.deep.equal([400, 'malformed'])
    for (const epoch of [0n, 2n, 1n + (1n << 32n), (1n << 64n) - 1n]) {
      expect(saidTo(await post(bob, group, forgedSignal(group, epoch, 1)))).to.deep.equal([409, 'wrong-epoch'])
    }
    await commitBy(scene, alice, [], [bob, carol])
    const { body } = await post(bob, group, forgedSignal(group, 1n, 1))
    expect([body['code'], body['currentEpoch'], typeof body['winningCommit']]).to.deep.equal([
      'wrong-epoch',
      '2',
      'string',
    ])
    expect((await post(bob, group, forgedSignal(group, 2n, 1))).status).to.equal(204)
    expect(house.passed).to.have.length(1)
  })

  it('of strangers meet the 404 of a group that is not there; of the removed, 403', async () => {
    const scene = await circle(house)
    const { group, alice, bob } = scene
    const mallory = await makeClient(house.world)
    const there = await post(mallory, group, forgedSignal(group, 1n, 1))
    const nowhere = await post(mallory, await reserved(house, alice), forgedSignal(group, 1n, 1))
    expect([saidTo(there), saidTo(nowhere)]).to.deep.equal([
      [404, 'no-such-group'],
      [404, 'no-such-group'],
    ])
    await commitBy(scene, alice, [remove(1)])
    expect(saidTo(await post(bob, group, forgedSignal(group, 2n, 1)))).to.deep.equal([403, 'not-a-member'])
    expect(house.passed).to.deep.equal([])
  })

  it('that are too large, cut short, longer than they say or of another version, are refused', async () => {
    const { group, bob } = await circle(house)
    const fitting = forgedSignal(group, 1n, 1, { bytes: limitDefaults.signalBytesMax })
    expect([fitting.length, (await post(bob, group, fitting)).status]).to.deep.equal([
      limitDefaults.signalBytesMax,
      204,
    ])
    const large = await post(bob, group, forgedSignal(group, 1n, 1, { bytes: limitDefaults.signalBytesMax + 1 }))
    expect([...saidTo(large), large.body['max'], large.body['actual']]).to.deep.equal([413, 'too-large', 2048, 2049])
    const signal = forgedSignal(group, 1n, 1)
    for (const broken of [signal.subarray(0, -1), Buffer.concat([signal, Buffer.of(0)]), new Uint8Array()]) {
      expect(saidTo(await post(bob, group, broken))).to.deep.equal([400, 'malformed'])
    }
    const another = Uint8Array.from(signal)
    another[1] = 2
    expect(saidTo(await post(bob, group, another))).to.deep.equal([422, 'unsupported-message'])
    expect(house.passed).to.have.length(1)
  })

  it('have a budget for each group, and take from no other; what is refused costs a command', async () => {
    await house.close()
    const rates = { ...rateDefaults, signalsPerClientAndGroup: { burst: 2, everyMs: 60_000 } }
    house = await startHouse({ rates: { ...rates, commandsPerClient: { burst: 4, everyMs: 60_000 } } })
    const { group, bob, carol } = await circle(house)
    const statuses = async (by: TestClient, leaf: number, times: number): Promise<number[]> => {
      const all: number[] = []
      for (let n = 0; n < times; n++) all.push((await post(by, group, forgedSignal(group, 1n, leaf))).status)
      return all
    }
    expect(await statuses(bob, 1, 4)).to.deep.equal([204, 204, 429, 429])
    const refusals = []
    for (let n = 0; n < 6; n++) {
      refusals.push(saidTo(await post(carol, `${group.slice(0, -22)}${text(random(16))}` as GroupId, new Uint8Array())))
    }
    expect(refusals.map(([status]) => status)).to.deep.equal([400, 400, 400, 400, 400, 429])
  })
})

describe('a signal', () => {
  it('is written as docs/wire.md has it', () => {
    const group = 'mimi://a.example/g/Vm0wd2QyVkhVWGhUV0doVg' as GroupId
    const bytes = encodeSignal({
      groupId: groupIdBytes(group),
      epoch: 258n,
      leafIndex: 3,
      nonce: new Uint8Array(12).fill(7),
      ciphertext: Uint8Array.of(1, 2),
      signature: Uint8Array.of(9),
    })
    const id = Buffer.from(group).toString('hex')
    expect(Buffer.from(bytes).toString('hex')).to.equal(
      `000129${id}000000000000010200000003${'07'.repeat(12)}0201020109`,
    )
  })
})
