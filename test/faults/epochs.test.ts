/** Epochs at every edge of their 64 bits, and fifty who want to end the same one. */
import { expect } from 'chai'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { decodeMlsMessage, encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import type { PublicGroup } from '#src/mls/group/publicGroup.js'
import type { Answer } from '../api/groupHouse.js'
import { at } from '../api/groupPeople.js'
import { addOf } from '../commands/forgedPeople.js'
import { forgeProposal } from '../mls/forge.js'
import { forgedCommit, forgedMessage, forging, gathered, postBundle } from './forgers.js'
import type { ForgingResident } from './forgers.js'
import { limitsWith, openHouse } from './house.js'
import type { RealHouse } from './house.js'

const rounds = 10
const racers = 50
const pastMax = 2
/** Epochs no group has come to, each kept exactly by no double. */
const unreached = (current: bigint): readonly bigint[] => [
  current + 1n,
  current + 2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n,
  2n ** 64n - 1n,
]

describe('an epoch', () => {
  let house: RealHouse
  before(async () => {
    house = await openHouse({ LIMITS: limitsWith({ epochsPastMax: pastMax }) })
  })
  after(() => house.close())

  const person = async (): Promise<ForgingResident> => forging(house, await house.register())

  describe('that is not the current one', () => {
    let alice: ForgingResident
    let group: GroupId
    /** As it was in each epoch. */
    const history: PublicGroup[] = []
    let current: bigint
    before(async () => {
      alice = await person()
      const made = await gathered(house, [alice, await person()])
      group = made.group
      history.push(made.mls)
      for (let n = 0; n < 5; n++) {
        const bundle = forgedCommit(history.at(-1)!, alice, 0)
        expect(await postBundle(house, alice, group, bundle)).to.have.property('status', 201)
        history.push(bundle.next)
      }
      current = history.at(-1)!.epoch
    })

    const codeOf = ({ status, body }: Answer): object => ({
      status,
      code: body['code'],
      currentEpoch: body['currentEpoch'],
    })
    const wrongEpoch = () => ({ status: 409, code: 'wrong-epoch', currentEpoch: String(current) })

    const unchanged = async (work: () => Promise<void>): Promise<void> => {
      const before = await house.head()
      await work()
      expect(await house.head()).to.equal(before)
    }

    it('takes no message: too far back, or not there yet', async () => {
      const send = (epoch: bigint) =>
        house.ask(alice, 'POST', at(group, '/messages'), { mls: forgedMessage(group, epoch) })
      await unchanged(async () => {
        for (const epoch of unreached(current)) {
          expect(codeOf(await send(epoch)), String(epoch)).to.deep.equal(wrongEpoch())
        }
        for (const epoch of [current - BigInt(pastMax) - 1n, 0n]) {
          const expected = { status: 409, code: 'epoch-too-old', currentEpoch: String(current) }
          expect(codeOf(await send(epoch)), String(epoch)).to.deep.equal(expected)
        }
      })
      for (const epoch of [current - BigInt(pastMax), current]) {
        expect(await send(epoch), String(epoch)).to.have.property('status', 201)
      }
    })

    it('is ended by no Commit, and takes no proposal; what ended it is shown', async () => {
      const mls = history.at(-1)!
      const withEpoch = (bytes: Uint8Array, epoch: bigint): Uint8Array => {
        const decoded = decodeMlsMessage(bytes)
        if (!decoded.ok || decoded.value.wireFormat !== 'publicMessage') throw new Error('not a PublicMessage')
        const { publicMessage } = decoded.value
        const content = { ...publicMessage.content, epoch }
        return encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage: { ...publicMessage, content } })
      }
      const bundle = forgedCommit(mls, alice, 0)
      const remove = forgeProposal(mls, alice.forger, 0, { type: 'remove', removed: 1 })
      const proposal = encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage: remove })
      await unchanged(async () => {
        for (const epoch of [...unreached(current), current - 1n, 0n]) {
          const commit = withEpoch(bundle.commit, epoch)
          const committed = await postBundle(house, alice, group, { ...bundle, commit })
          const proposed = await house.ask(alice, 'POST', at(group, '/proposals'), { mls: withEpoch(proposal, epoch) })
          for (const answer of [committed, proposed]) {
            expect(codeOf(answer), String(epoch)).to.deep.equal(wrongEpoch())
            expect(typeof answer.body['winningCommit'], String(epoch)).to.equal(
              epoch < current ? 'string' : 'undefined',
            )
          }
        }
      })
    })

    it('has no tree, no Commits and no faults before it was reached, and its number is read to the last digit', async () => {
      const ask = (epoch: string): Promise<readonly Answer[]> =>
        Promise.all([
          house.ask(alice, 'GET', at(group, `/tree?epoch=${epoch}`)),
          house.ask(alice, 'GET', at(group, `/commits?from=${epoch}`)),
          house.ask(alice, 'POST', at(group, '/faults'), { json: { epoch: decodeURIComponent(epoch) } }),
        ])
      await unchanged(async () => {
        for (const epoch of unreached(current)) {
          for (const answer of await ask(String(epoch))) {
            expect(codeOf(answer), String(epoch)).to.deep.equal(wrongEpoch())
          }
        }
        for (const text of [
          '-1',
          '1.0',
          '1e0',
          '01',
          '+1',
          '%201',
          '0x1',
          '',
          String(2n ** 64n),
          '9'.repeat(20),
          '1n',
        ]) {
          for (const answer of await ask(text)) {
            expect(codeOf(answer), text).to.include({ status: 400, code: 'malformed' })
          }
        }
      })
      const { body } = await house.ask(alice, 'GET', at(group, `/tree?epoch=${String(current - 1n)}`))
      expect(body['epoch']).to.equal(String(current - 1n))
    })
  })

  it(`is ended by one of ${racers} who race for it, ${rounds} times over, and the others are told by which`, async () => {
    const first = await person()
    const others = await Promise.all(Array.from({ length: racers - 1 }, person))
    const everyone = [first, ...others]
    const made = await gathered(house, [first, ...others])
    const { group } = made
    let { mls } = made
    for (let round = 0; round < rounds; round++) {
      const bundles = everyone.map((by, leafIndex) => forgedCommit(mls, by, leafIndex))
      const answers = await Promise.all(bundles.map((bundle, n) => postBundle(house, everyone[n]!, group, bundle)))
      const won = answers.findIndex(({ status }) => status === 201)
      const winner = bundles[won]!
      const currentEpoch = String(winner.next.epoch)
      for (const [n, { status, body }] of answers.entries()) {
        if (n === won) continue
        expect({ status, ...body }).to.include({
          status: 409,
          code: 'wrong-epoch',
          currentEpoch,
          winningCommit: toBase64url(winner.commit),
        })
      }
      mls = winner.next
    }
    const committed = (await house.events()).filter(
      ({ type, data }) => type === 'CommitAccepted' && (data as { readonly group: string }).group === group,
    )
    expect(committed).to.have.length(rounds + 1)
    const again = await postBundle(house, first, group, forgedCommit(mls, first, 0, [addOf(await person())]))
    expect(again).to.have.property('status', 201)
  })
})
