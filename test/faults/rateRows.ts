/** The limits of rate: what is done until it is too much, and who may still do it then. */
import { toBase64url } from '#src/mls/bytes/base64url.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import type { RateName } from '#src/limits/limits.js'
import type { Answer } from '../api/groupHouse.js'
import { at, reserved } from '../api/groupPeople.js'
import { complaintOf, saying, sentBy } from '../api/reporting.js'
import { makeTestKey } from '../api/testClient.js'
import { fileOf, reserved as reservedAsset, upload } from '../api/assets/sharing.js'
import { addOf } from '../commands/forgedPeople.js'
import { forgedSignal } from '../support/forgedSignal.js'
import { forgeProposal } from '../mls/forge.js'
import { forgedCommit, forgedMessage, forging, founded, gathered, postBundle } from './forgers.js'
import type { ForgingResident } from './forgers.js'
import type { Bearer, RawOptions, RealHouse, Resident } from './house.js'
import { recoveriesOf } from './recoveries.js'
import { jsonOfSize, lastResort, newGroupOfSize, ofSize } from './sizes.js'

export type RateRow = {
  readonly rate: RateName
  readonly burst: number
  /** What one costs, where that is more than one. */
  readonly cost?: number
  /** What the preparation took of it. */
  readonly spent?: number
  /** False where failures count. */
  readonly succeeds?: boolean
  readonly prepare: (house: RealHouse) => Promise<{
    readonly send: (n: number) => Promise<Answer>
    /** The same by one who has not had too much. */
    readonly other: () => Promise<Answer>
  }>
}

const uri = encodeURIComponent
const resident = async (house: RealHouse): Promise<ForgingResident> => forging(house, await house.register())

/** A command of exactly so many bytes, and 512 that its event takes besides. */
const command = (house: RealHouse, by: Bearer, bytes = 40, options: RawOptions = {}): Promise<Answer> =>
  house.ask(by, 'PATCH', '/v1/users/me', { text: jsonOfSize(bytes, { claims: 'anyone' }), ...options })
const token = async (house: RealHouse, by: Resident): Promise<Answer> => {
  const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
  const json = { grant_type, assertion: await house.assertionOf(by.client, by.key) }
  return house.ask(undefined, 'POST', '/v1/token', { json })
}

export const rateRows: readonly RateRow[] = [
  {
    rate: 'assetsReservedPerClient',
    burst: 3,
    prepare: async (house) => {
      const [by, another] = [await house.register(), await house.register()]
      const send = (of: Resident) => house.ask(of, 'POST', '/v1/assets', { json: fileOf(10).said })
      return { send: () => send(by), other: () => send(another) }
    },
  },
  {
    rate: 'assetBytesPerUser',
    burst: 2,
    cost: 1_000,
    prepare: async (house) => {
      const [by, another] = [await house.register(), await house.register()]
      const file = fileOf(1_000)
      const mine = [await reservedAsset(house, by, file), await reservedAsset(house, by, file)]
      mine.push(await reservedAsset(house, by, file))
      const theirs = await reservedAsset(house, another, file)
      return {
        send: (n) => upload(house, by, mine[n] ?? '', file.bytes),
        other: () => upload(house, another, theirs, file.bytes),
      }
    },
  },
  {
    rate: 'commandsPerClient',
    burst: 20,
    // Everybody here made a queue.
    spent: 1,
    prepare: async (house) => {
      const [by, other] = [await house.register(), await house.register()]
      return { send: () => command(house, by), other: () => command(house, other) }
    },
  },
  {
    rate: 'bytesWrittenPerUser',
    burst: 10,
    cost: 10_000,
    spent: 1,
    prepare: async (house) => {
      const [by, other] = [await house.register(), await house.register()]
      return { send: () => command(house, by, 10_000 - 512), other: () => command(house, other) }
    },
  },
  {
    rate: 'keyPackageBytesPerClient',
    burst: 4,
    cost: 3_000,
    prepare: async (house) => {
      const [by, other] = [await resident(house), await resident(house)]
      const send = (one: ForgingResident) => {
        const mls = ofSize(3_000, (padding) => lastResort(one.forger, padding))
        return house.ask(one, 'POST', '/v1/keyPackages', { mls })
      }
      return { send: () => send(by), other: () => send(other) }
    },
  },
  {
    rate: 'repeatsPerClient',
    burst: 3,
    prepare: async (house) => {
      const by = await house.register()
      const send = (one: Bearer) => command(house, one, 40, { key: 'again' })
      await send(by)
      return { send: () => send(by), other: async () => command(house, await house.register(), 40, { key: 'again' }) }
    },
  },
  {
    rate: 'tokensPerClient',
    burst: 3,
    spent: 1,
    prepare: async (house) => {
      const [by, other] = [await house.register(), await house.register()]
      return { send: () => token(house, by), other: () => token(house, other) }
    },
  },
  {
    rate: 'directoryLookupsPerClient',
    burst: 4,
    prepare: async (house) => {
      const [by, other] = [await house.register(), await house.register()]
      const send = (one: Bearer) => house.ask(one, 'GET', `/v1/directory?handle=${by.handle}`)
      return { send: () => send(by), other: () => send(other) }
    },
  },
  {
    rate: 'readsPerClient',
    burst: 20,
    prepare: async (house) => {
      const [by, other] = [await house.register(), await house.register()]
      const send = (one: Bearer) => house.ask(one, 'GET', '/v1/users/me')
      return { send: () => send(by), other: () => send(other) }
    },
  },
  {
    rate: 'sendsPerClient',
    burst: 3,
    prepare: async (house) => {
      const [alice, bob] = [await resident(house), await resident(house)]
      const { group } = await gathered(house, [alice, bob])
      const send = (by: ForgingResident) =>
        house.ask(by, 'POST', at(group, '/messages'), { mls: forgedMessage(group, 1n) })
      return { send: () => send(alice), other: () => send(bob) }
    },
  },
  {
    rate: 'signalsPerClientAndGroup',
    burst: 3,
    prepare: async (house) => {
      const [alice, bob] = [await resident(house), await resident(house)]
      const { group } = await gathered(house, [alice, bob])
      const send = (by: ForgingResident, leafIndex: number) =>
        house.ask(by, 'POST', at(group, '/signals'), {
          json: { signal: toBase64url(forgedSignal(group, 1n, leafIndex)) },
        })
      return { send: () => send(alice, 0), other: () => send(bob, 1) }
    },
  },
  {
    rate: 'commitsPerClientAndGroup',
    burst: 3,
    prepare: async (house) => {
      const by = await resident(house)
      const post = async (place: Awaited<ReturnType<typeof founded>>) => {
        const bundle = forgedCommit(place.mls, by, 0)
        return { bundle, answer: await postBundle(house, by, place.group, bundle) }
      }
      let here = await founded(house, by)
      const there = await founded(house, by)
      return {
        send: async () => {
          const { bundle, answer } = await post(here)
          here = { ...here, mls: bundle.next }
          return answer
        },
        other: async () => (await post(there)).answer,
      }
    },
  },
  {
    rate: 'proposalsPerClientAndGroup',
    burst: 2,
    prepare: async (house) => {
      const [by, ...guests] = [await resident(house), await resident(house), await resident(house)]
      const [here, there] = [await founded(house, by), await founded(house, by)]
      const send = ({ group, mls }: typeof here, guest: number) => {
        const publicMessage = forgeProposal(mls, by.forger, 0, addOf(guests[guest % 2]!))
        const proposal = encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage })
        return house.ask(by, 'POST', at(group, '/proposals'), { mls: proposal })
      }
      return { send: (n) => send(here, n), other: () => send(there, 0) }
    },
  },
  {
    rate: 'claimsPerRequesterAndTarget',
    burst: 3,
    prepare: async (house) => {
      const [by, other, target] = [await resident(house), await resident(house), await resident(house)]
      const keyPackages = [toBase64url(lastResort(target.forger))]
      await house.ask(target, 'POST', '/v1/keyPackages', { json: { keyPackages } })
      const send = (one: ForgingResident) =>
        house.ask(one, 'POST', `/v1/users/${uri(target.user)}/keyPackages/claim`, { json: { cipherSuite: 1 } })
      return { send: () => send(by), other: () => send(other) }
    },
  },
  {
    rate: 'connectionRequestsPerRequester',
    burst: 2,
    prepare: async (house) => {
      const people = await Promise.all(Array.from({ length: 4 }, () => house.register()))
      const send = (from: number, to: number) =>
        house.ask(people[from], 'POST', `/v1/users/${uri(people[to]!.user)}/requests`, { json: { ciphertext: 'AAAA' } })
      return { send: (n) => send(0, n + 1), other: () => send(1, 2) }
    },
  },
  {
    rate: 'queuesPerClient',
    burst: 3,
    // Everybody here has one.
    spent: 1,
    prepare: async (house) => {
      const [by, other] = [await house.register(), await house.register()]
      const send = async (one: typeof by) => {
        const publicKey = toBase64url((await makeTestKey()).publicKey)
        return house.ask(one, 'POST', '/v1/queues', { json: { algorithm: 'Ed25519', publicKey } })
      }
      return { send: () => send(by), other: () => send(other) }
    },
  },
  {
    rate: 'tokenFailuresPerClient',
    burst: 3,
    succeeds: false,
    prepare: async (house) => {
      const [by, other] = [await house.register(), await house.register()]
      const send = async (one: typeof by, key: typeof by.key) => {
        const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
        const json = { grant_type, assertion: await house.assertionOf(one.client, key) }
        return house.ask(undefined, 'POST', '/v1/token', { json })
      }
      // The last one is right, and comes too late.
      return { send: (n) => send(by, n < 3 ? other.key : by.key), other: () => send(other, other.key) }
    },
  },
  {
    rate: 'registrationsPerAddress',
    // Everybody here comes from one address, too.
    burst: 47,
    succeeds: false,
    prepare: async (house) => {
      const registration = async (address: string, handle: string): Promise<RawOptions> => {
        const { body } = await house.ask(undefined, 'POST', '/v1/ids', { json: {} })
        const { user, client } = body as { user: string; client: string }
        const csr = toBase64url(await (await makeTestKey()).csr([user, client]))
        return { json: { user, client, handle, csr }, headers: { 'x-forwarded-for': address } }
      }
      const first = await registration('203.0.113.1', 'somebody')
      const send = (options: RawOptions) => house.ask(undefined, 'POST', '/v1/users', options)
      return { send: () => send(first), other: async () => send(await registration('203.0.113.2', 'somebody.else')) }
    },
  },
  {
    rate: 'recoveriesPerAddress',
    // Everybody here comes from one address, too.
    burst: 40,
    prepare: async (house) => {
      const { locator } = await recoveriesOf(house, await resident(house))
      const send = (address: string) =>
        house.ask(undefined, 'POST', '/v1/recovery/ids', { json: { locator }, headers: { 'x-forwarded-for': address } })
      return { send: () => send('203.0.113.1'), other: () => send('203.0.113.2') }
    },
  },
  {
    rate: 'recoveriesPerCode',
    burst: 3,
    succeeds: false,
    prepare: async (house) => {
      const [first, other] = [
        await recoveriesOf(house, await resident(house)),
        await recoveriesOf(house, await resident(house)),
      ]
      const guess = { ...first.uses[0].json, approval: 'guessed' }
      return {
        send: () => house.ask(undefined, 'POST', '/v1/recovery', { json: guess }),
        other: () => house.ask(undefined, 'POST', '/v1/recovery', other.uses[0]),
      }
    },
  },
  {
    rate: 'exportsPerUser',
    burst: 3,
    prepare: async (house) => {
      const [by, other] = [await resident(house), await resident(house)]
      const send = (one: ForgingResident) => house.ask(one, 'GET', '/v1/users/me/export')
      return { send: () => send(by), other: () => send(other) }
    },
  },
  {
    rate: 'reportsPerUser',
    burst: 3,
    prepare: async (house) => {
      const [by, other, abuser] = [await resident(house), await resident(house), await resident(house)]
      const { group, mls } = await gathered(house, [abuser, by, other])
      const complaints = await Promise.all(
        [abuser, other, abuser, other].map(async (speaker) => {
          const said = saying('abuse')
          const shown = await sentBy(house, speaker, { group, epoch: mls.epoch, said, to: by })
          return complaintOf(said, shown, { group, accused: speaker.user })
        }),
      )
      const send = (one: ForgingResident, n: number) =>
        house.ask(one, 'POST', '/v1/reports', { json: complaints[n] ?? {} })
      return { send: (n) => send(by, n), other: () => send(other, 0) }
    },
  },
  {
    rate: 'groupsCreatedPerUser',
    burst: 3,
    prepare: async (house) => {
      const [by, other] = [await resident(house), await resident(house)]
      const groups = await Promise.all(Array.from({ length: 4 }, () => reserved(house.door, by)))
      const send = (one: ForgingResident, group: GroupId) =>
        house.ask(one, 'PUT', at(group), { mls: newGroupOfSize(group, one, 2_000) })
      return {
        send: (n) => send(by, groups[n]!),
        other: async () => send(other, await reserved(house.door, other)),
      }
    },
  },
]
