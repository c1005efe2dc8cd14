/** Thirty histories of five servers over a bad network, and bugs that are planted to be found. */
import { expect } from 'chai'
import { groupAggregate } from '#src/commands/group/group.js'
import { groupStream } from '#src/events/group.js'
import type { GroupEvent } from '#src/events/group.js'
import { lastNumberOf } from '#src/federation/record/gaps.js'
import { domainOf } from '#src/mls/wire/ids.js'
import { accept } from '#src/streams/decider.js'
import { derivedId } from '#src/streams/commandId.js'
import { crowdOf } from './federation/people.js'
import type { Crowd } from './federation/people.js'
import { domainsOf, simulate } from './federation/simulate.js'
import type { Planted } from './federation/simulate.js'

describe('servers that follow groups of each other', () => {
  let crowd: Crowd
  before(async () => {
    crowd = await crowdOf(domainsOf(5), 3)
  })

  it('record what the hub decided, in order, each once, whatever the network does', async () => {
    let [sent, gaps, joins] = [0, 0, 0]
    for (let seed = 1; seed <= 30; seed++) {
      const history = await simulate({ seed, steps: 200, crowd })
      expect(history.faults).to.deep.equal([])
      sent += history.sent
      gaps += history.gaps
      joins += history.joins
    }
    expect(sent).to.be.above(1_000)
    expect(gaps).to.be.above(20)
    expect(joins).to.be.above(60)
  })

  /** Some seed finds it. */
  const finds = async (planted: Planted, what: RegExp): Promise<void> => {
    for (let seed = 1; seed <= 30; seed++) {
      const { faults } = await simulate({ seed, steps: 200, crowd }, planted)
      if (faults.length === 0) continue
      expect(faults.join('\n')).to.match(what)
      return
    }
    expect.fail('nothing was found')
  }

  it('are found out when a peer’s word is taken for more than it has', () =>
    finds(
      {
        between:
          (notify) =>
          async (...sent) => {
            const answer = await notify(...sent)
            return answer.status === 'later' ? answer : { ...answer, next: answer.next + 1 }
          },
      },
      /expects|lost what it had confirmed|were recorded/,
    ))

  it('are found out when a gap is left out', () =>
    finds(
      {
        between: (notify) => async (peer, group, items) => {
          const [first] = items
          if (first?.kind !== 'gap') return notify(peer, group, items.slice(0, items.findIndex(isGap) >>> 0))
          return { status: 'recorded', next: lastNumberOf(first) + 1 }
        },
      },
      /were recorded|lost what it had confirmed/,
    ))

  it('are found out when a number is used for two items', () =>
    finds(
      {
        between: (notify) => (peer, group, items) =>
          notify(
            peer,
            group,
            items.map((item) => (item.sequence > 3 ? { ...item, sequence: item.sequence - 1 } : item)),
          ),
      },
      /another event than it should be|was two items|follows on/,
    ))

  it('are found out when an outbox is rebuilt from zero', () =>
    finds(
      {
        projectionOf: (real, rebuilding) =>
          rebuilding
            ? {
                ...real,
                project: async (placed, rows) => {
                  const { event } = placed
                  if (event.type !== 'PeerConfirmed') return real.project(placed, rows)
                  const groups = Object.fromEntries(
                    Object.entries(event.data.groups).filter(([, { sequence }]) => sequence === 0),
                  )
                  await real.project({ ...placed, event: { ...event, data: { groups } } }, rows)
                },
              }
            : real,
      },
      /another event than it should be|was two items|nothing was due/,
    ))

  it('are found out when a follower decides by itself', () =>
    finds(
      {
        meddle: async (server, group) => {
          const { state } = await server.streams().read(groupAggregate, groupStream(group))
          const [leaf] = state.status === 'active' ? state.leaves.values() : []
          if (leaf === undefined || domainOf(group) === server.domain) return
          const command = { id: derivedId(group, 'planted'), bodyHash: 'planted', at: 1 }
          const { leafIndex, user, client } = leaf
          const data = { group, leaves: [{ leafIndex, user, client }], reason: 'userDeleted' as const }
          const required: GroupEvent = { type: 'RemovalRequired', data }
          await server.streams().execute(groupAggregate, groupStream(group), command, () => accept(required))
        },
      },
      /was not decided by the hub/,
    ))
})

const isGap = ({ kind }: { readonly kind: string }): boolean => kind === 'gap'
