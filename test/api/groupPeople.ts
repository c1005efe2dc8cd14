/** What clients do over HTTP: the SDK in miniature, so that the routes are tested without it. */
import type { ClientState, Proposal } from 'ts-mls'
import type { GroupId } from '#src/mls/wire/ids.js'
import { parseGroupId } from '#src/mls/wire/ids.js'
import {
  add,
  commitOf,
  groupInfoOf,
  joined,
  keyPackageOf,
  makeClient,
  newGroup,
  received,
} from '../commands/mlsFixture.js'
import type { Committed, Sealer, TestClient } from '../commands/mlsFixture.js'
import type { Answer, House } from './groupHouse.js'

export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
export const at = (group: GroupId, rest = ''): string => `/v1/groups/${encodeURIComponent(group)}${rest}`

/** A house that is there to be asked: in memory, or a server process. */
export type Door = Pick<House, 'ask'> & { readonly world: Sealer }

export const reserved = async (house: Door, by: TestClient): Promise<GroupId> => {
  const answer = await house.ask(by, 'POST', '/v1/groups')
  const group = parseGroupId(String(answer.body['group']))
  if (group === undefined) throw new Error(JSON.stringify(answer.body))
  return group
}

export const createdBy = async (
  house: Door,
  by: TestClient,
): Promise<{ readonly group: GroupId; readonly state: ClientState }> => {
  const group = await reserved(house, by)
  const state = await newGroup(house.world, by, group)
  const answer = await house.ask(by, 'PUT', at(group), { json: { groupInfo: text(await groupInfoOf(state)) } })
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
  return { group, state }
}

export const postCommit = (
  house: Door,
  by: TestClient,
  group: GroupId,
  { commit, welcome, groupInfo }: Pick<Committed, 'commit' | 'welcome' | 'groupInfo'>,
  options: { readonly dryRun?: boolean; readonly key?: string } = {},
): Promise<Answer> =>
  house.ask(by, 'POST', at(group, options.dryRun === true ? '/commits?dryRun=true' : '/commits'), {
    mls: Buffer.concat([commit, welcome ?? new Uint8Array(), groupInfo]),
    ...(options.key === undefined ? {} : { key: options.key }),
  })

export type Circle = {
  readonly house: Door
  readonly group: GroupId
  readonly alice: TestClient
  readonly bob: TestClient
  readonly carol: TestClient
  readonly states: Map<TestClient, ClientState>
  readonly of: (client: TestClient) => ClientState
}

/** Alice's group, with bob and carol in it. */
export const circle = async (house: House): Promise<Circle> => {
  const { world } = house
  return circleOf(house, await makeClient(world), await makeClient(world), await makeClient(world))
}

/** The same of clients that are there already. */
export const circleOf = async (house: Door, alice: TestClient, bob: TestClient, carol: TestClient): Promise<Circle> => {
  const { world } = house
  const { group, state } = await createdBy(house, alice)
  const states = new Map<TestClient, ClientState>([[alice, state]])
  const packages = [await keyPackageOf(world, bob), await keyPackageOf(world, carol)] as const
  const made = await commitOf(state, packages.map(add))
  const answer = await postCommit(house, alice, group, made)
  if (answer.status !== 201 || made.welcomed === undefined) throw new Error(JSON.stringify(answer.body))
  states.set(alice, made.state)
  states.set(bob, await joined(made.welcomed, packages[0], made.state))
  states.set(carol, await joined(made.welcomed, packages[1], made.state))
  const of = (client: TestClient): ClientState => {
    const own = states.get(client)
    if (own === undefined) throw new Error('not in the group')
    return own
  }
  return { house, group, alice, bob, carol, states, of }
}

/** Commits over HTTP; the others follow. */
export const commitBy = async (
  { house, group, states, of }: Circle,
  by: TestClient,
  proposals: readonly Proposal[],
  others: readonly TestClient[] = [],
): Promise<Answer> => {
  const made = await commitOf(of(by), [...proposals])
  const answer = await postCommit(house, by, group, made)
  if (answer.status !== 201) return answer
  states.set(by, made.state)
  for (const other of others) states.set(other, await received(of(other), made.parsed))
  return answer
}
