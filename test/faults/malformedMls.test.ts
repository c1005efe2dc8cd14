/** MLS bytes cut, lengthened, bent and sent to the wrong door: an answer in words each time, and nothing has changed. */
import { expect } from 'chai'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { groupIdBytes } from '#src/mls/wire/ids.js'
import { encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import type { PublicGroup } from '#src/mls/group/publicGroup.js'
import { encodeTree } from '#src/mls/group/publicGroup.js'
import type { Answer } from '../api/groupHouse.js'
import { at, reserved } from '../api/groupPeople.js'
import { addOf, required } from '../commands/forgedPeople.js'
import { publishable } from '../commands/mlsFixture.js'
import { forgeGroup, forgeGroupInfo, forgeProposal, random } from '../mls/forge.js'
import { seeded } from '../ports/seeded.js'
import { forgedCommit, forgedMessage, forging, founded, gathered } from './forgers.js'
import type { ForgingResident } from './forgers.js'
import { openHouse } from './house.js'
import type { RawOptions, RealHouse } from './house.js'

/** Cut at so many places, spread over the whole. */
const cuts = 60
const mutations = 150

type Door = {
  readonly name: string
  readonly method: string
  readonly path: string
  /** What it takes, in the order it takes it. */
  readonly parts: readonly (readonly [string, Uint8Array])[]
  /** The JSON body of these parts. */
  readonly json: (parts: readonly string[]) => object
}

describe('MLS bytes', () => {
  let house: RealHouse
  let alice: ForgingResident
  let group: GroupId
  let mls: PublicGroup
  let doors: readonly Door[]
  let elsewhere: { readonly group: GroupId; readonly mls: PublicGroup }
  before(async () => {
    house = await openHouse()
    const [first, second, third] = (await Promise.all([house.register(), house.register(), house.register()])).map(
      (one) => forging(house, one),
    )
    alice = first!
    ;({ group, mls } = await gathered(house, [alice, second!]))
    elsewhere = await founded(house, alice)
    const fresh = await reserved(house.door, alice)
    const unborn = forgeGroup(alice.forger, [required], groupIdBytes(fresh))
    const bundle = forgedCommit(mls, alice, 0, [addOf(third!)])
    const proposal = encodeMlsMessage({
      wireFormat: 'publicMessage',
      publicMessage: forgeProposal(mls, alice.forger, 0, { type: 'remove', removed: 1 }),
    })
    const keyPackage = await publishable(house.door.world, alice, true)
    doors = [
      {
        name: 'messages',
        method: 'POST',
        path: at(group, '/messages'),
        parts: [['message', forgedMessage(group, mls.epoch)]],
        json: ([message]) => ({ message }),
      },
      {
        name: 'proposals',
        method: 'POST',
        path: at(group, '/proposals'),
        parts: [['proposal', proposal]],
        json: ([one]) => ({ proposal: one }),
      },
      {
        name: 'commits',
        method: 'POST',
        path: at(group, '/commits'),
        parts: [
          ['commit', bundle.commit],
          ['welcome', bundle.welcome!],
          ['groupInfo', bundle.groupInfo],
        ],
        json: ([commit, welcome, groupInfo]) => ({ commit, welcome, groupInfo }),
      },
      {
        name: 'groups',
        method: 'PUT',
        path: at(fresh),
        parts: [['groupInfo', forgeGroupInfo(unborn, alice.forger, 0)]],
        json: ([groupInfo]) => ({ groupInfo }),
      },
      {
        name: 'groups with a tree',
        method: 'PUT',
        path: at(fresh),
        parts: [
          ['groupInfo', forgeGroupInfo(unborn, alice.forger, 0, (info) => ({ ...info, extensions: [] }))],
          ['ratchetTree', encodeTree(unborn)],
        ],
        json: ([groupInfo, ratchetTree]) => ({ groupInfo, ratchetTree }),
      },
      {
        name: 'keyPackages',
        method: 'POST',
        path: '/v1/keyPackages',
        parts: [['keyPackage', keyPackage]],
        json: (keyPackages) => ({ keyPackages }),
      },
    ]
  })
  after(() => house.close())

  const refusals = new Map<string, number>()
  const isCoded = ({ status, body }: Answer, what: string): void => {
    expect(status, `${what}: ${JSON.stringify(body)}`).to.be.within(400, 499)
    expect(body['code'], what).to.be.a('string')
    expect(body['code'], what).to.not.equal('no-such-route')
    refusals.set(String(body['code']), (refusals.get(String(body['code'])) ?? 0) + 1)
  }
  const asked = (door: Door, options: RawOptions): Promise<Answer> => house.ask(alice, door.method, door.path, options)
  const asJson = ({ json }: Door, parts: readonly Uint8Array[]): RawOptions => ({ json: json(parts.map(toBase64url)) })
  const asMls = (parts: readonly Uint8Array[]): RawOptions => ({ mls: Buffer.concat(parts) })
  /** Where the parts cannot be told apart in one body. */
  const isJsonOnly = ({ name }: Door): boolean => name === 'groups with a tree'

  const unchanged = async (work: () => Promise<void>): Promise<void> => {
    const before = await house.events()
    await work()
    expect(await house.events()).to.deep.equal(before)
  }

  it('cut anywhere are refused, as JSON and as message/mls', async () => {
    await unchanged(async () => {
      for (const door of doors) {
        for (const [index, [part, bytes]] of door.parts.entries()) {
          const step = Math.max(1, Math.floor(bytes.length / cuts))
          for (let length = 0; length < bytes.length; length += step) {
            const parts = door.parts.map(([, whole], n) => (n === index ? whole.subarray(0, length) : whole))
            const what = `${door.name}: ${part} cut at ${length}`
            isCoded(await asked(door, asJson(door, parts)), what)
            if (index === door.parts.length - 1 && !isJsonOnly(door)) isCoded(await asked(door, asMls(parts)), what)
          }
        }
      }
    })
  })

  it('with anything behind them are refused', async () => {
    await unchanged(async () => {
      for (const door of doors) {
        for (const tail of [Uint8Array.of(0), Uint8Array.of(0, 1), random(1000), door.parts[0]![1]]) {
          const parts = door.parts.map(([, whole], n) =>
            n === door.parts.length - 1 ? Buffer.concat([whole, tail]) : whole,
          )
          isCoded(await asked(door, asJson(door, parts)), `${door.name}: ${tail.length} behind`)
          if (!isJsonOnly(door)) isCoded(await asked(door, asMls(parts)), `${door.name}: ${tail.length} behind`)
        }
      }
    })
  })

  it('of another kind than the door takes are unsupported there, or not what was asked for', async () => {
    const kinds = new Map(doors.flatMap(({ parts }) => parts.filter(([part]) => part !== 'ratchetTree')))
    const unknown = Uint8Array.of(0, 1, 0, 9, ...random(50))
    const otherVersion = Uint8Array.of(0, 2, 0, 1, ...random(50))
    await unchanged(async () => {
      for (const door of doors) {
        for (const [kind, bytes] of [...kinds, ['unknown', unknown], ['otherVersion', otherVersion]] as const) {
          for (const [index, [part, own]] of door.parts.entries()) {
            if (kind === part || (door.name === 'groups with a tree' && part === 'ratchetTree')) continue
            const parts = door.parts.map(([, whole], n) => (n === index ? bytes : whole))
            const answer = await asked(door, asJson(door, parts))
            const what = `${door.name}: ${kind} as ${part}`
            isCoded(answer, what)
            expect(['unsupported-message', 'malformed'], what).to.include(answer.body['code'])
            if (door.parts.length === 1) expect(answer.body['code'], what).to.equal('unsupported-message')
            expect(own.length).to.be.greaterThan(0)
          }
        }
      }
      for (const contentType of ['proposal', 'commit'] as const) {
        const answer = await asked(doors[0]!, { mls: forgedMessage(group, mls.epoch, 100, contentType) })
        expect(answer.body['code']).to.equal('unsupported-message')
      }
    })
  })

  it('of another group are refused, even where the sender is in both', async () => {
    const foreign = forgedCommit(elsewhere.mls, alice, 0)
    const update = forgeProposal(elsewhere.mls, alice.forger, 0, { type: 'remove', removed: 0 })
    await unchanged(async () => {
      const answers = [
        await asked(doors[0]!, { mls: forgedMessage(elsewhere.group, mls.epoch) }),
        await asked(doors[1]!, { mls: encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage: update }) }),
        await asked(doors[2]!, { mls: Buffer.concat([foreign.commit, foreign.groupInfo]) }),
      ]
      for (const answer of answers) isCoded(answer, 'another group')
      const own = forgedCommit(mls, alice, 0)
      const mixed = await asked(doors[2]!, { mls: Buffer.concat([own.commit, foreign.groupInfo]) })
      expect(mixed.body['code']).to.equal('group-info-mismatch')
      const created = await asked(doors[3]!, { mls: forgeGroupInfo(elsewhere.mls, alice.forger, 0) })
      expect(created.body['code']).to.equal('group-info-mismatch')
    })
  })

  it('changed by a few bytes are refused, while the server answers others at once', async () => {
    const { pick, integer: int } = seeded(20261125)
    const done = new AbortController()
    let worst = 0
    let probes = 0
    const probing = (async () => {
      while (!done.signal.aborted) {
        const began = performance.now()
        expect(await fetch(`${house.server.url}/livez`)).to.have.property('status', 200)
        worst = Math.max(worst, performance.now() - began)
        probes++
      }
    })()
    await unchanged(async () => {
      // An application message and the tags are opaque here, so those doors' bytes may pass; these may not.
      for (const door of doors.filter(({ name }) => name === 'groups' || name === 'keyPackages')) {
        for (let n = 0; n < mutations; n++) {
          const parts = door.parts.map(([, whole]) => Buffer.from(whole))
          const where = pick(parts)
          for (let flips = 1 + int(3); flips > 0; flips--) where[int(where.length)]! ^= 1 + int(255)
          isCoded(await asked(door, asMls(parts)), `${door.name} mutation ${n}`)
        }
      }
      for (let n = 0; n < mutations; n++) {
        const door = doors[2]!
        const parts = door.parts.map(([, whole]) => Buffer.from(whole))
        // The membership tag and the confirmation tag end a Commit, and its GroupInfo must repeat the latter.
        const [commit, , info] = parts as [Buffer, Buffer, Buffer]
        const where = pick([commit, info])
        const at = where === commit ? int(commit.length - 70) : int(info.length)
        where[at]! ^= 1 + int(255)
        isCoded(await asked(door, asMls(parts)), `commits mutation ${n} at ${at}`)
      }
    })
    done.abort()
    await probing
    expect(probes).to.be.greaterThan(20)
    console.log(`      ${probes} probes meanwhile, the slowest ${worst.toFixed(1)} ms`)
  })

  it('of random length and content are refused at every door', async () => {
    await unchanged(async () => {
      for (const door of doors) {
        for (const length of [0, 1, 2, 3, 4, 5, 63, 64, 65, 16_383, 16_384, 100_000]) {
          for (const head of [[], [0, 1], [0, 1, 0, 1], [0, 1, 0, 2], [0, 1, 0, 3], [0, 1, 0, 4], [0, 1, 0, 5]]) {
            const bytes = Uint8Array.of(...head, ...random(length))
            if (!isJsonOnly(door)) isCoded(await asked(door, { mls: bytes }), `${door.name}: ${length} random bytes`)
          }
        }
      }
    })
    const what = [...refusals].map(([code, count]) => `${code} ${count}`).sort()
    console.log(`      refused: ${what.join(', ')}`)
  })

  it('that promise more than they hold cost nothing: a length of a gigabyte in 8 bytes', async () => {
    await unchanged(async () => {
      for (const door of doors) {
        for (const format of [1, 2, 3, 4, 5]) {
          const mlsBytes = Uint8Array.of(0, 1, 0, format, 0xbf, 0xff, 0xff, 0xff, 1)
          if (!isJsonOnly(door)) isCoded(await asked(door, { mls: mlsBytes }), `${door.name}: a gigabyte`)
        }
      }
    })
  })
})
