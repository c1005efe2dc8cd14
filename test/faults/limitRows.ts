/** The limits of size and number, each with what just fits and what is one more. */
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { makeId } from '#src/mls/wire/ids.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import type { Proposal } from '#src/mls/wire/proposal.js'
import type { PublicGroup } from '#src/mls/group/publicGroup.js'
import type { Limits } from '#src/limits/limits.js'
import type { Answer } from '../api/groupHouse.js'
import { at, reserved } from '../api/groupPeople.js'
import { complaintOf, saying, sentBy } from '../api/reporting.js'
import { addOf } from '../commands/forgedPeople.js'
import { forgedSignal } from '../support/forgedSignal.js'
import { domain, random } from '../commands/mlsFixture.js'
import { forgeProposal } from '../mls/forge.js'
import { forgedCommit, forgedMessage, forging, founded, gathered, postBundle } from './forgers.js'
import type { ForgingResident } from './forgers.js'
import { operator } from './house.js'
import type { RealHouse } from './house.js'
import {
  bundleOfSizes,
  jsonOfSize,
  keyPackageOf,
  lastResort,
  newGroupOfSize,
  newTreeOfSize,
  ofSize,
  proposalOfSize,
} from './sizes.js'
import type { SizedBundle } from './sizes.js'

/** What is sent: first what just fits, then one more. */
export type Trial = {
  readonly edge: () => Promise<Answer>
  readonly past: () => Promise<Answer>
}
export type Row = {
  readonly limit: keyof Limits
  /** Where the limit has more than one door. */
  readonly at?: string
  readonly refused: { readonly status: number; readonly code: string; readonly [field: string]: unknown }
  readonly prepare: (house: RealHouse, max: number) => Promise<Trial>
}

/** Lowered to what a test fills in a moment; the others are tried as they are by default. */
export const lowered = {
  targetedPerEpochMax: 5,
  ratchetTreeBytesMax: 16 * 1024,
  groupMembersMax: 4,
  groupsPerClientMax: 3,
  connectionRequestsPendingMax: 3,
  usersBlockedMax: 3,
  operatorTokensMax: 3,
  queueMessagesMax: 20,
} as const satisfies Partial<Limits>

const uri = encodeURIComponent

/** The same request twice over, by a size. */
const bySize =
  (make: (house: RealHouse) => Promise<(size: number) => Promise<Answer>>): Row['prepare'] =>
  async (house, max) => {
    const send = await make(house)
    return { edge: () => send(max), past: () => send(max + 1) }
  }

/** The same request again and again, of which so many may be. */
const byNumber =
  (make: (house: RealHouse, max: number) => Promise<(n: number) => Promise<Answer>>): Row['prepare'] =>
  async (house, max) => {
    const send = await make(house, max)
    for (let n = 1; n < max; n++) {
      const answer = await send(n)
      if (answer.status >= 300) throw new Error(`${n} of ${max}: ${JSON.stringify(answer.body)}`)
    }
    return { edge: () => send(max), past: () => send(max + 1) }
  }

/** Groups are counted by the read model: the next one is asked for when it has this one. */
const counted = async (house: RealHouse, by: ForgingResident, asked: Promise<Answer>): Promise<Answer> => {
  const answer = await asked
  const { position } = answer.body
  if (typeof position === 'string') await house.ask(by, 'GET', `/v1/users/me/groups?atLeast=${position}`)
  return answer
}

const resident = async (house: RealHouse): Promise<ForgingResident> => forging(house, await house.register())

type Place = { readonly by: ForgingResident; readonly group: GroupId; readonly mls: PublicGroup }
const place = async (house: RealHouse): Promise<Place> => {
  const by = await resident(house)
  return { by, ...(await founded(house, by)) }
}

const tooLarge = { status: 413, code: 'too-large' } as const
const reached = { status: 429, code: 'limit-reached' } as const
const malformed = { status: 400, code: 'malformed' } as const

const bodies: readonly Row[] = [
  {
    limit: 'jsonBodyBytesMax',
    refused: tooLarge,
    prepare: bySize(async (house) => {
      const by = await house.register()
      return (size) => house.ask(by, 'PATCH', '/v1/users/me', { text: jsonOfSize(size, { claims: 'anyone' }) })
    }),
  },
  {
    limit: 'jsonBodyBytesMax',
    at: 'in chunks, of a length that nobody said before',
    refused: tooLarge,
    prepare: bySize(async (house) => {
      const { token } = await house.register()
      return async (size) => {
        const answer = await fetch(`${house.server.url}/v1/users/me`, {
          method: 'PATCH',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: new Blob([jsonOfSize(size, { claims: 'anyone' })]).stream(),
          duplex: 'half',
        } as RequestInit)
        const body = (await answer.json()) as Record<string, unknown>
        return { status: answer.status, body, headers: answer.headers, bytes: new Uint8Array() }
      }
    }),
  },
  {
    limit: 'mlsJsonBodyBytesMax',
    refused: tooLarge,
    prepare: bySize(async (house) => {
      const { by, group } = await place(house)
      return (size) => {
        const message = toBase64url(forgedMessage(group, 0n))
        return house.ask(by, 'POST', at(group, '/messages'), { text: jsonOfSize(size, { message }) })
      }
    }),
  },
  {
    limit: 'mlsMessageBytesMax',
    at: 'of an application message',
    refused: tooLarge,
    prepare: bySize(async (house) => {
      const { by, group } = await place(house)
      return (size) => {
        const mls = ofSize(size, (padding) => forgedMessage(group, 0n, padding))
        return house.ask(by, 'POST', at(group, '/messages'), { mls })
      }
    }),
  },
  {
    limit: 'mlsMessageBytesMax',
    at: 'of a proposal',
    refused: tooLarge,
    prepare: bySize(async (house) => {
      const { by, group, mls } = await place(house)
      const guest = await resident(house)
      return (size) =>
        house.ask(by, 'POST', at(group, '/proposals'), { mls: proposalOfSize(mls, by, addOf(guest), size) })
    }),
  },
  ...(['commit', 'welcome', 'groupInfo'] as const).map((part): Row => {
    const limits = { commit: 'mlsMessageBytesMax', welcome: 'welcomeBytesMax', groupInfo: 'groupInfoBytesMax' } as const
    return {
      limit: limits[part],
      at: `of the ${part} of a bundle`,
      refused: tooLarge,
      prepare: async (house, max) => {
        const { by, group, mls } = await place(house)
        const [one, other] = [await resident(house), await resident(house)]
        const fits = bundleOfSizes(mls, by, { [part]: max }, [addOf(one)])
        const bursts = bundleOfSizes(fits.next, by, { [part]: max + 1 }, [addOf(other)])
        const post = (bundle: SizedBundle) => postBundle(house, by, group, bundle)
        return { edge: () => post(fits), past: () => post(bursts) }
      },
    }
  }),
  {
    limit: 'groupInfoBytesMax',
    at: 'of the bundle of a Commit in JSON',
    refused: tooLarge,
    prepare: async (house, max) => {
      const { by, group, mls } = await place(house)
      const fits = bundleOfSizes(mls, by, { groupInfo: max })
      const bursts = bundleOfSizes(fits.next, by, { groupInfo: max + 1 })
      const post = ({ commit, groupInfo }: SizedBundle) =>
        house.ask(by, 'POST', at(group, '/commits'), {
          json: { commit: toBase64url(commit), groupInfo: toBase64url(groupInfo) },
        })
      return { edge: () => post(fits), past: () => post(bursts) }
    },
  },
  {
    limit: 'ratchetTreeBytesMax',
    refused: tooLarge,
    prepare: async (house, max) => {
      const by = await resident(house)
      const [one, other] = [await reserved(house.door, by), await reserved(house.door, by)]
      const send = (group: GroupId, size: number) => {
        const { groupInfo, ratchetTree } = newTreeOfSize(group, by, size)
        return house.ask(by, 'PUT', at(group), {
          json: { groupInfo: toBase64url(groupInfo), ratchetTree: toBase64url(ratchetTree) },
        })
      }
      return { edge: () => send(one, max), past: () => send(other, max + 1) }
    },
  },
  {
    limit: 'signalBytesMax',
    refused: tooLarge,
    prepare: bySize(async (house) => {
      const { by, group } = await place(house)
      return (bytes) =>
        house.ask(by, 'POST', at(group, '/signals'), {
          json: { signal: toBase64url(forgedSignal(group, 0n, 0, { bytes })) },
        })
    }),
  },
  {
    limit: 'targetsMax',
    refused: { status: 429, code: 'limit-reached' },
    prepare: async (house, max) => {
      const { by, group } = await place(house)
      const send = (leaves: number) =>
        house.ask(by, 'POST', at(group, '/messages'), {
          json: {
            message: toBase64url(forgedMessage(group, 0n)),
            targets: Array.from({ length: leaves }, (_, leaf) => leaf),
          },
        })
      return { edge: () => send(max), past: () => send(max + 1) }
    },
  },
  {
    limit: 'targetedPerEpochMax',
    refused: { status: 429, code: 'limit-reached' },
    prepare: byNumber(async (house) => {
      const { by, group } = await place(house)
      return () =>
        house.ask(by, 'POST', at(group, '/messages'), {
          json: { message: toBase64url(forgedMessage(group, 0n)), targets: [0] },
        })
    }),
  },
  {
    limit: 'groupProfileBytesMax',
    refused: tooLarge,
    prepare: bySize(async (house) => {
      const { by, group } = await place(house)
      let version = 0
      return (size) =>
        house.ask(by, 'PUT', at(group, '/profile'), {
          json: { profile: toBase64url(random(size)) },
          headers: { 'if-match': `"${version++}"` },
        })
    }),
  },
  {
    limit: 'userProfileBytesMax',
    refused: tooLarge,
    prepare: bySize(async (house) => {
      const by = await resident(house)
      let version = 0
      return (size) =>
        house.ask(by, 'PUT', '/v1/users/me/profile', {
          json: { profile: toBase64url(random(size)) },
          headers: { 'if-match': `"${version++}"` },
        })
    }),
  },
  {
    limit: 'historyOfferBytesMax',
    refused: tooLarge,
    prepare: bySize(async (house) => {
      const by = await resident(house)
      const { client } = await house.link(by)
      return (size) =>
        house.ask(by, 'POST', `/v1/clients/${uri(client)}/history`, { json: { offer: toBase64url(random(size)) } })
    }),
  },
  {
    limit: 'connectionRequestBytesMax',
    at: 'of a request',
    refused: tooLarge,
    prepare: async (house, max) => {
      const [by, one, other] = [await house.register(), await house.register(), await house.register()]
      const send = (user: string, size: number) =>
        house.ask(by, 'POST', `/v1/users/${uri(user)}/requests`, { json: { ciphertext: toBase64url(random(size)) } })
      return { edge: () => send(one.user, max), past: () => send(other.user, max + 1) }
    },
  },
  {
    limit: 'connectionRequestBytesMax',
    at: 'of the answer to one',
    refused: tooLarge,
    prepare: async (house, max) => {
      const by = await house.register()
      const ask = async (): Promise<string> => {
        const path = `/v1/users/${uri(by.user)}/requests`
        const { body } = await house.ask(await house.register(), 'POST', path, { json: { ciphertext: 'AAAA' } })
        return String(body['request'])
      }
      const [one, other] = [await ask(), await ask()]
      const send = (request: string, size: number) =>
        house.ask(by, 'POST', `/v1/requests/${request}/accept`, { json: { ciphertext: toBase64url(random(size)) } })
      return { edge: () => send(one, max), past: () => send(other, max + 1) }
    },
  },
]

const publish = (house: RealHouse, by: ForgingResident, keyPackages: readonly Uint8Array[], replace = false) =>
  house.ask(by, 'POST', '/v1/keyPackages', { json: { keyPackages: keyPackages.map(toBase64url), replace } })

const keyPackages: readonly Row[] = [
  {
    limit: 'keyPackageBytesMax',
    refused: tooLarge,
    prepare: bySize(async (house) => {
      const by = await resident(house)
      return (size) => publish(house, by, [ofSize(size, (padding) => lastResort(by.forger, padding))])
    }),
  },
  {
    limit: 'keyPackageLifetimeMsMax',
    refused: { status: 400, code: 'invalid-leaf', reason: 'lifetimeTooLong' },
    prepare: async (house, max) => {
      const by = await resident(house)
      const send = (seconds: number) => {
        const notBefore = BigInt(Math.floor(Date.now() / 1000) - 3600)
        const lifetime = { type: 'keyPackage', notBefore, notAfter: notBefore + BigInt(seconds) } as const
        return publish(house, by, [lastResort({ ...by.forger, lifetime })])
      }
      return { edge: () => send(max / 1000), past: () => send(max / 1000 + 1) }
    },
  },
  {
    limit: 'keyPackagesPerUploadMax',
    at: 'in JSON',
    refused: { ...reached, limit: 'keyPackagesPerUploadMax' },
    prepare: bySize(async (house) => {
      const by = await resident(house)
      return (number) => publish(house, by, stockOf(by, number), true)
    }),
  },
  {
    limit: 'keyPackagesPerUploadMax',
    at: 'one after another',
    refused: { ...reached, limit: 'keyPackagesPerUploadMax' },
    prepare: bySize(async (house) => {
      const by = await resident(house)
      return (number) => house.ask(by, 'POST', '/v1/keyPackages', { mls: Buffer.concat(stockOf(by, number)) })
    }),
  },
  {
    limit: 'keyPackagesPerClientMax',
    refused: { ...reached, limit: 'keyPackagesPerClientMax' },
    prepare: async (house, max) => {
      const by = await resident(house)
      const upload = 100
      for (let stored = 0; stored + upload < max; stored += upload) {
        const stock = stockOf(by, upload)
        const answer = await publish(house, by, stored === 0 ? stock : stock.slice(1).concat(keyPackageOf(by.forger)))
        if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
      }
      const rest = Array.from({ length: upload }, () => keyPackageOf(by.forger))
      return { edge: () => publish(house, by, rest), past: () => publish(house, by, [keyPackageOf(by.forger)]) }
    },
  },
]

/** One of them the last resort. */
const stockOf = ({ forger }: ForgingResident, number: number): Uint8Array[] =>
  Array.from({ length: number }, (_, n) => (n === 0 ? lastResort(forger) : keyPackageOf(forger)))

const numbers: readonly Row[] = [
  {
    limit: 'groupMembersMax',
    refused: { ...reached, limit: 'groupMembersMax' },
    prepare: async (house, max) => {
      const { by, group, mls } = await place(house)
      const guests = await Promise.all(Array.from({ length: max }, () => resident(house)))
      const fits = forgedCommit(mls, by, 0, guests.slice(1).map(addOf))
      const bursts = forgedCommit(fits.next, by, 0, [addOf(guests[0]!)])
      return { edge: () => postBundle(house, by, group, fits), past: () => postBundle(house, by, group, bursts) }
    },
  },
  {
    limit: 'clientsPerUserMax',
    refused: { ...reached, limit: 'clientsPerUserMax' },
    prepare: async (house, max) => {
      const by = await house.register()
      for (let clients = 1; clients < max - 1; clients++) await house.link(by)
      const send = () => house.askToLink(by)
      return { edge: send, past: send }
    },
  },
  {
    limit: 'groupsPerClientMax',
    at: 'by making them',
    refused: { ...reached, limit: 'groupsPerClientMax' },
    prepare: byNumber(async (house, max) => {
      const by = await resident(house)
      const groups = await Promise.all(Array.from({ length: max + 1 }, () => reserved(house.door, by)))
      return (n) => {
        const group = groups[n - 1]!
        return counted(house, by, house.ask(by, 'PUT', at(group), { mls: newGroupOfSize(group, by, 2_000) }))
      }
    }),
  },
  {
    limit: 'groupsPerClientMax',
    at: 'by being added, which fails the Commit',
    refused: { ...reached, limit: 'groupsPerClientMax' },
    prepare: byNumber(async (house, max) => {
      const guest = await resident(house)
      const hosts = await Promise.all(Array.from({ length: max + 1 }, () => place(house)))
      return (n) => {
        const { by, group, mls } = hosts[n - 1]!
        return counted(house, guest, postBundle(house, by, group, forgedCommit(mls, by, 0, [addOf(guest)])))
      }
    }),
  },
  {
    limit: 'groupIdsReservedPerClientMax',
    refused: { ...reached, limit: 'groupIdsReservedPerClientMax' },
    prepare: byNumber(async (house) => {
      const by = await house.register()
      return () => house.ask(by, 'POST', '/v1/groups')
    }),
  },
  {
    limit: 'selfRemovalsPerMemberMax',
    // Who has asked to be removed is no member any more.
    refused: { status: 403, code: 'not-a-member' },
    prepare: byNumber(async (house) => {
      const { by, group, mls } = await place(house)
      const guest = await resident(house)
      const { next, ...bundle } = forgedCommit(mls, by, 0, [addOf(guest)])
      await postBundle(house, by, group, bundle)
      return () =>
        house.ask(guest, 'POST', at(group, '/proposals'), {
          mls: proposalOf(next, guest, 1, { type: 'remove', removed: 1 }),
        })
    }),
  },
  {
    limit: 'proposalsPerMemberMax',
    refused: { ...reached, limit: 'proposalsPerMemberMax' },
    prepare: byNumber(async (house, max) => {
      const { by, group, mls } = await place(house)
      const guests = await Promise.all(Array.from({ length: max + 1 }, () => resident(house)))
      return (n) =>
        house.ask(by, 'POST', at(group, '/proposals'), { mls: proposalOf(mls, by, 0, addOf(guests[n - 1]!)) })
    }),
  },
  {
    limit: 'queueAgeMsMax',
    at: 'as the retention of a group',
    refused: { ...reached, limit: 'queueAgeMsMax' },
    prepare: bySize(async (house) => {
      const { by, group } = await place(house)
      await house.ask(by, 'PUT', at(group, '/settings'), { json: { retentionMs: 5_000 } })
      return (retentionMs) => house.ask(by, 'PUT', at(group, '/settings'), { json: { retentionMs } })
    }),
  },
  {
    limit: 'connectionRequestsPendingMax',
    refused: { ...reached, limit: 'connectionRequestsPendingMax' },
    prepare: byNumber(async (house, max) => {
      const path = `/v1/users/${uri((await house.register()).user)}/requests`
      const people = await Promise.all(Array.from({ length: max + 1 }, () => house.register()))
      return (n) => house.ask(people[n - 1], 'POST', path, { json: { ciphertext: 'AAAA' } })
    }),
  },
  {
    limit: 'reportNoteCharsMax',
    refused: { status: 400, code: 'malformed' },
    prepare: bySize(async (house) => {
      const [abuser, by] = [await resident(house), await resident(house)]
      const { group, mls } = await gathered(house, [abuser, by])
      const said = saying('abuse')
      const shown = await sentBy(house, abuser, { group, epoch: mls.epoch, said, to: by })
      const complaint = complaintOf(said, shown, { group, accused: abuser.user })
      return (size) => house.ask(by, 'POST', '/v1/reports', { json: { ...complaint, note: 'x'.repeat(size) } })
    }),
  },
  {
    limit: 'usersBlockedMax',
    refused: { ...reached, limit: 'usersBlockedMax' },
    prepare: byNumber(async (house) => {
      const by = await house.register()
      return () => house.ask(by, 'PUT', `/v1/blocks/${uri(makeId('user', domain, random(16)))}`)
    }),
  },
  {
    limit: 'operatorTokensMax',
    refused: { ...reached, limit: 'operatorTokensMax' },
    prepare: byNumber((house) => {
      const path = '/v1/operator/tokens'
      const make = (n: number) =>
        house.ask(operator, 'POST', path, { json: { name: `n${String(n)}`, role: 'read', why: 'more' } })
      // The first one is there, or nobody could ask.
      return Promise.resolve((n) => (n === 1 ? house.ask(operator, 'GET', path) : make(n)))
    }),
  },
  {
    limit: 'fetchPageMax',
    refused: malformed,
    prepare: bySize(async (house) => {
      const { queue, queueToken } = await house.register()
      return (limit) => house.ask({ token: queueToken }, 'GET', `/v1/queues/${uri(queue)}/items?limit=${String(limit)}`)
    }),
  },
  {
    limit: 'listPageMax',
    refused: malformed,
    prepare: bySize((house) =>
      Promise.resolve((limit) => house.ask(undefined, 'GET', `/v1/revocations?limit=${String(limit)}`)),
    ),
  },
]

const proposalOf = (mls: PublicGroup, by: ForgingResident, leafIndex: number, proposal: Proposal): Uint8Array =>
  encodeMlsMessage({ wireFormat: 'publicMessage', publicMessage: forgeProposal(mls, by.forger, leafIndex, proposal) })

export const limitRows: readonly Row[] = [...bodies, ...keyPackages, ...numbers]
