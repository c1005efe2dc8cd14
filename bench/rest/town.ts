/** A server with people in it, for the benchmarks over HTTP: bearer tokens, KeyPackages made beforehand, a group. */
import { type Client, createAccount, type Group, memoryStore } from '#src/client/index.js'
import { loadAccount } from '#src/client/account/account.js'
import { newKeyPackage } from '#src/client/account/keyPackages.js'

export type Resident = {
  readonly client: Client
  /** `Bearer …`, as the SDK uses it for this client. */
  readonly authorization: string
  readonly keyPackages: (count: number) => Promise<readonly Uint8Array[]>
}

/** Registers somebody with the SDK and listens to the token it uses. */
export const settle = async (server: string, handle: string): Promise<Resident> => {
  const store = memoryStore()
  const real = globalThis.fetch
  let authorization = ''
  globalThis.fetch = async (input, init) => {
    const given = new Headers(init?.headers).get('authorization')
    if (given !== null) authorization = given
    return real(input, init)
  }
  const client = await createAccount({ server, store, handle })
  await client.contacts()
  globalThis.fetch = real
  const account = await loadAccount(store)
  if (account === undefined) throw new Error('nobody was registered')
  return {
    client,
    authorization,
    keyPackages: async (count) => {
      const made: Uint8Array[] = []
      for (let n = 0; n < count; n++) made.push((await newKeyPackage({ account, cipherSuite: 1 }, n === 0)).message)
      return made
    },
  }
}

export const groupOf = async (creator: Resident, others: readonly Resident[]): Promise<Group> => {
  const group = await creator.client.createGroup()
  if (others.length > 0) await group.invite(...others.map(({ client }) => client.user))
  for (const { client } of others) {
    while (client.groups().length === 0) await client.sync()
  }
  return group
}

/** Runs `work` until it was done `count` times, so many at once; answers how often per second. */
export const rate = async (count: number, atOnce: number, work: (n: number) => Promise<void>): Promise<number> => {
  let next = 0
  const began = performance.now()
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return (count * 1000) / (performance.now() - began)
}
