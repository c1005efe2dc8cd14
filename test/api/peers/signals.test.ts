/** Signals between servers, over signed HTTP: at the hub from a follower, at a follower from its hub, and in no log. */
import { expect } from 'chai'
import { signalsPath, signalsRoute } from '#src/federation/inbound/signals.js'
import { postSignals, signalsExtension } from '#src/federation/peers/signals.js'
import { encodeBody } from '#src/federation/wire/body.js'
import { signals } from '#src/federation/wire/signals.js'
import { makeTakeSignal } from '#src/api/groups/signals.js'
import { untilWithin } from '#src/api/elsewhere/until.js'
import type { PassedSignal } from '#src/delivery/signals/passOn.js'
import { makeRateLimiter } from '#src/api/http/budgets/rateLimits.js'
import { limitDefaults, rateDefaults } from '#src/limits/limits.js'
import { parseGroupId } from '#src/mls/wire/ids.js'
import type { Domain } from '#src/mls/wire/ids.js'
import { openScene, takesAll } from '../../federation/scene.js'
import type { Scene } from '../../federation/scene.js'
import type { Server } from '../../simulation/federation/server.js'
import { forgedSignal } from '../../support/forgedSignal.js'
import { nameOf, openPeerHouse } from './peerHouse.js'
import type { PeerHouse } from './peerHouse.js'

const ordinary = { ...rateDefaults, signalsPerPeer: { burst: 20, everyMs: 1e9 } }
const rates = { requestsPerNewPeer: { burst: 1_000, everyMs: 1 } }

describe('signals that another server tells', () => {
  let scene: Scene
  let houses: readonly PeerHouse[] = []
  let hub: PeerHouse
  let follower: PeerHouse
  let third: PeerHouse
  let passed: PassedSignal[]
  let told: { readonly servers: readonly Domain[]; readonly signal: Uint8Array }[]

  beforeEach(async () => {
    scene = await openScene()
    await scene.add(scene.bob)
    await scene.follow(await scene.drain())
    ;[passed, told] = [[], []]
    const map = new Map<Domain, string>()
    const open = async (server: Pick<Server, 'domain' | 'streams'>): Promise<PeerHouse> => {
      const route = signalsRoute({
        streams: server.streams(),
        domain: server.domain,
        limits: limitDefaults,
        rateLimiter: makeRateLimiter(ordinary, { now: () => 1_000, sleep: () => Promise.resolve() }),
        passOn: (signal) => void passed.push(signal),
        tell: (servers, signal) => void told.push({ servers, signal }),
      })
      const house = await openPeerHouse(server.domain, map, { routes: [route], rates })
      house.own.directory = { ...house.own.directory, extensionPaths: { [signalsExtension]: signalsPath } }
      return house
    }
    hub = await open(scene.hub.server)
    follower = await open(scene.follower)
    third = await openPeerHouse(nameOf('c.example'), map)
    houses = [hub, follower, third]
  })
  afterEach(async () => {
    for (const house of houses) await house.close()
  })

  const post = (from: PeerHouse, to: PeerHouse, ...all: readonly Uint8Array[]): Promise<void> =>
    postSignals(from.peers, new AbortController().signal)(to.domain, all)
  const leaves = (): readonly number[] => passed.map(({ leafIndex }) => leafIndex)
  /** Alice's leaf is 0, bob's 1. */
  const of = (leaf: number, epoch = 1n): Uint8Array => forgedSignal(scene.group, epoch, leaf)
  const logs = async () => {
    const read = ({ events }: Server) => events.readAll({ after: 0 as never, limit: 1_000 })
    return [await read(scene.hub.server), await read(scene.follower)]
  }

  it('reach the hub’s members and its other servers as they came, and stand nowhere', async () => {
    const before = await logs()
    const signal = of(1)
    await post(follower, hub, signal)
    expect(passed).to.deep.equal([{ group: scene.group, leafIndex: 1, bytes: signal }])
    expect(told.map(({ servers }) => servers)).to.deep.equal([[]])
    expect(await logs()).to.deep.equal(before)
  })

  it('reach a follower’s members, and go no further', async () => {
    await post(hub, follower, of(0))
    expect(leaves()).to.deep.equal([0])
    expect(told).to.deep.equal([])
  })

  it('are passed over of a leaf that is not of who brings it, of another epoch, and of no group that is here', async () => {
    const other = parseGroupId(scene.group.replace(/.{4}$/, 'AAAA'))!
    const homonym = parseGroupId(scene.group.replace('s0.example', 's9.example'))!
    const wrong = [of(0), of(1, 0n), of(1, 2n), of(7), forgedSignal(other, 1n, 1), forgedSignal(homonym, 1n, 1)]
    await post(follower, hub, ...wrong, Buffer.from('none'), of(1).subarray(1), of(1))
    expect(leaves()).to.deep.equal([1])
    await post(third, hub, of(1))
    await post(hub, follower, of(1))
    await post(third, follower, of(0))
    expect(leaves()).to.deep.equal([1])
  })

  it('are passed over beyond the budget of their client in the group, and of their server', async () => {
    await post(follower, hub, ...Array.from({ length: 15 }, () => of(1)))
    expect(leaves()).to.have.length(rateDefaults.signalsPerClientAndGroup.burst)
    passed.length = 0
    await post(hub, follower, ...Array.from({ length: 20 }, () => of(9)), of(0))
    expect(leaves()).to.deep.equal([])
  })

  it('are refused where they are too many, too long, or none', async () => {
    const ask = async (body: Uint8Array): Promise<number> => {
      const { status } = await follower.peers.ask(hub.domain, {
        ...{ method: 'POST', endpoint: signalsExtension, parameters: {}, contentType: 'message/mls', body },
        ...{ bytesMax: 10_000, timeoutMs: 10_000 },
      })
      return status
    }
    expect(
      await ask(
        encodeBody(
          signals,
          Array.from({ length: 101 }, () => of(1)),
        ),
      ),
    ).to.equal(413)
    expect(await ask(encodeBody(signals, [new Uint8Array(16_385)]))).to.equal(413)
    expect(await ask(Buffer.of(9, 1))).to.equal(400)
    expect(passed).to.deep.equal([])
    await post(follower, hub, forgedSignal(scene.group, 1n, 1, { bytes: limitDefaults.signalBytesMax + 1 }))
    expect(passed).to.deep.equal([])
  })

  it('are not told to a server that has no such extension', async () => {
    const refused = await post(hub, third, of(0)).catch((error: unknown) => error)
    expect(refused).to.have.property('name', 'PeerNotFederating')
  })

  describe('of a follower’s client', () => {
    const take = (leaf: number, epoch = 1n) =>
      makeTakeSignal({
        streams: scene.follower.streams(),
        domain: scene.follower.domain,
        limits: limitDefaults,
        passOn: (signal) => void passed.push(signal),
        others: {
          until: untilWithin({ now: () => 0, sleep: () => Promise.resolve() }, 0),
          tell: (servers, signal) => void told.push({ servers, signal }),
        },
      })(scene.bob, { group: scene.group, signal: of(leaf, epoch) })

    it('are told to its own members, and to the hub', async () => {
      expect(await take(1)).to.equal(undefined)
      expect(leaves()).to.deep.equal([1])
      expect(told.map(({ servers }) => servers)).to.deep.equal([[scene.hub.server.domain]])
    })

    it('are held to its leaf and to the epoch that is recorded', async () => {
      expect(await take(0)).to.have.nested.property('rejected.code', 'identity-mismatch')
      expect(await take(1, 0n)).to.have.nested.property('rejected.code', 'wrong-epoch')
      expect(await take(1, 2n)).to.have.nested.property('rejected.code', 'read-model-behind')
      expect([passed, told]).to.deep.equal([[], []])
    })
  })

  it('of the hub’s client are told to every server that somebody is of', async () => {
    const { alice, group } = scene
    const take = makeTakeSignal({
      streams: scene.hub.server.streams(),
      domain: scene.hub.server.domain,
      limits: limitDefaults,
      passOn: (signal) => void passed.push(signal),
      others: {
        until: untilWithin({ now: () => 0, sleep: () => Promise.resolve() }),
        tell: (servers, signal) => void told.push({ servers, signal }),
      },
    })
    expect(await take(alice, { group, signal: of(0) })).to.equal(undefined)
    expect(told.map(({ servers }) => servers)).to.deep.equal([[scene.follower.domain]])
    scene.answer = takesAll
  })
})
