/** A server that nobody knows, with groups that nobody joined: as many a day as it may begin, whatever the number that it begins with. */
import { expect } from 'chai'
import { notifyPath, notifyRoute } from '#src/federation/inbound/notify.js'
import { itemsType } from '#src/federation/itemsType.js'
import { encodeItems } from '#src/federation/numbered.js'
import type { Item } from '#src/federation/item.js'
import { itemsExtension } from '#src/federation/outbox/notifyPeers.js'
import { makeRecord } from '#src/federation/record/record.js'
import { encodeBody } from '#src/federation/wire/body.js'
import { gapItem } from '#src/federation/wire/itemContents.js'
import { makeId } from '#src/mls/wire/ids.js'
import type { Domain, GroupId } from '#src/mls/wire/ids.js'
import { handClock, nameOf, openPeerHouse } from '../../api/peers/peerHouse.js'
import type { PeerHouse, PeerHouseOptions } from '../../api/peers/peerHouse.js'
import { silentLogger } from '../../support/silentLogger.js'
import { openScene } from '../scene.js'

const [hub, follower] = [nameOf('hub.example'), nameOf('follower.example')]
const gap: Item = { sequence: 0, kind: 'gap', events: [], bytes: encodeBody(gapItem, { count: 1 }) }
const rates = { requestsPerNewPeer: { burst: 10_000, everyMs: 1 } }

const nth = (n: number): GroupId => makeId('group', hub, Uint8Array.of(...new Uint8Array(12), ...bytesOf(n)))
const bytesOf = (n: number): readonly number[] => [n >> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255]

describe('groups that nobody joined', () => {
  let open: PeerHouse[] = []
  afterEach(async () => {
    for (const house of open) await house.close()
    open = []
  })

  const houses = async (options: PeerHouseOptions = {}) => {
    const map = new Map<Domain, string>()
    const judged: GroupId[] = []
    const askedFor: GroupId[] = []
    const record = {
      record: (from: { readonly group: GroupId }, [first]: readonly Item[]) => {
        if (first?.sequence !== 0) return Promise.resolve({ status: 'unexpected', next: 0 } as const)
        judged.push(from.group)
        return Promise.resolve({ status: 'refused', next: 0, reason: 'nobody of ours is in it' } as const)
      },
    }
    const backfill = (group: GroupId) => {
      askedFor.push(group)
      return Promise.resolve([gap])
    }
    const clock = handClock(1_800_000_000_500)
    const one = await openPeerHouse(hub, map, { clock })
    const two = await openPeerHouse(follower, map, {
      routes: [notifyRoute({ record, backfill })],
      rates,
      clock,
      ...options,
    })
    two.own.directory = { ...two.own.directory, paths: { notify: notifyPath }, extensions: [itemsExtension] }
    open.push(one, two)
    const send = async (group: GroupId, sequence: number): Promise<number> => {
      const answer = await one.peers.ask(follower, {
        ...{ method: 'POST', endpoint: 'notify', parameters: { roomId: group } },
        ...{ contentType: itemsType(sequence), body: encodeItems([{ ...gap, sequence }]) },
        ...{ bytesMax: 10_000, timeoutMs: 10_000 },
      })
      return answer.status
    }
    return { send, judged, askedFor, two }
  }

  it('begin ten times a day, by the number 0 or by any other', async () => {
    const { send, judged, askedFor, two } = await houses()
    const statuses = new Map<number, number>()
    for (let n = 0; n < 200; n++) {
      const status = await send(nth(n), n % 2 === 0 ? 1 : 0)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    expect(new Set(judged).size).to.equal(10)
    expect(askedFor.length).to.be.at.most(10)
    expect([...statuses.keys()].sort()).to.deep.equal([409, 422, 429])
    two.clock.at += 24 * 3_600_000
    expect(await send(nth(999), 5)).to.equal(422)
  })

  it('are asked for of a server that is known as often as it says', async () => {
    const policy = { byDefault: 'open', named: new Set([hub]) } as const
    const { send, askedFor } = await houses({ policy })
    for (let n = 0; n < 30; n++) expect(await send(nth(n), 3)).to.equal(422)
    expect(askedFor).to.have.length(30)
  })

  it('are remembered as refused in a bounded number, of whoever names them', async () => {
    const { follower: server } = await openScene()
    const { events, blobs } = server
    const errors: string[] = []
    const logger = { ...silentLogger, error: (what: string) => void errors.push(what) }
    const record = makeRecord({
      ...{ streams: server.streams(), events, blobs, domain: server.domain, logger, holder: 'one' },
      clock: { now: () => 1 },
      policy: () => Promise.reject(new Error('nobody is judged')),
      leases: { take: () => Promise.resolve(true), release: () => Promise.resolve() },
    })
    const junk: Item = { sequence: 0, kind: 'notice', events: [], bytes: Uint8Array.of(1) }
    for (let n = 0; n < 10_050; n++) await record.record({ hub, group: nth(n) }, [junk])
    expect(errors).to.have.length(10_050)
    expect(record.broken().size).to.equal(10_000)
    expect([record.broken().has(nth(49)), record.broken().has(nth(50))]).to.deep.equal([false, true])
  })
})
