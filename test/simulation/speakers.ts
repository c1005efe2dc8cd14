/** People in a group who speak and listen, each with the SDK; and whether everybody read what was acknowledged. */
import { randomBytes } from 'node:crypto'
import { type Client, createAccount, type Group, memoryStore } from '#src/client/index.js'

export type Speaker = { readonly client: Client; readonly name: string; readonly read: string[]; acknowledged: number }

const settleMs = 120_000

/** So many people in one group, each with the servers in another order, each listening. */
export const gather = async (urls: readonly string[], count: number): Promise<readonly Speaker[]> => {
  const people: Speaker[] = []
  for (let n = 0; n < count; n++) {
    const name = `speaker-${n}-${randomBytes(3).toString('hex')}`
    const server = n % 2 === 0 ? urls : urls.toReversed()
    const client = await createAccount({ server, store: memoryStore(), handle: name, patienceMs: settleMs })
    await client.connect()
    const speaker = { client, name, read: [], acknowledged: 0 }
    listen(speaker)
    people.push(speaker)
  }
  const [first, ...others] = people
  const group = await first?.client.createGroup()
  await group?.invite(...others.map(({ client }) => client.user))
  await until(() => people.every(({ client }) => client.groups().length === 1))
  return people
}

const listen = ({ client, read }: Speaker): void => {
  const listening = async (): Promise<void> => {
    for await (const { text } of client.messages()) read.push(text)
  }
  listening().catch(() => undefined)
}

export const groupOf = ({ client, name }: Speaker): Group => {
  const [group] = client.groups()
  if (group === undefined) throw new Error(`${name} is in no group`)
  return group
}

/** Says the next thing; resolves once it is acknowledged. */
export const speak = async (speaker: Speaker): Promise<void> => {
  await groupOf(speaker).send(`${speaker.name} ${speaker.acknowledged}`)
  speaker.acknowledged++
}

export type Reckoning = { acknowledged: number; lost: number; repeated: number; reordered: number }

/** What those of one group read of each other, once it settled. */
export const reckon = async (people: readonly Speaker[]): Promise<Reckoning> => {
  const acknowledged = people.reduce((sum, speaker) => sum + speaker.acknowledged, 0)
  await until(() => people.every(({ read, acknowledged: own }) => read.length >= acknowledged - own)).catch(
    () => undefined,
  )
  const found: Reckoning = { acknowledged, lost: 0, repeated: 0, reordered: 0 }
  for (const reader of people)
    for (const speaker of people) {
      if (speaker === reader) continue
      const heard = reader.read
        .filter((text) => text.startsWith(`${speaker.name} `))
        .map((text) => Number(text.split(' ')[1]))
      const distinct = new Set(heard)
      found.lost += speaker.acknowledged - distinct.size
      found.repeated += heard.length - distinct.size
      found.reordered += heard.filter((n, at) => at > 0 && n < (heard[at - 1] ?? 0)).length
    }
  return found
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const until = async (holds: () => boolean): Promise<void> => {
  const deadline = Date.now() + settleMs
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('it does not settle')
    await pause(20)
  }
}
