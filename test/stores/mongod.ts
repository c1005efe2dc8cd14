/** Real mongod processes for tests: alone or as a replica set, on free ports, to be frozen, killed and started again. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { freePort } from '../support/freePort.js'
import { eventually } from './eventually.js'

export type Mongod = {
  readonly port: number
  readonly url: string
  /** Starts it again on its port and data, after a kill. */
  readonly start: () => Promise<void>
  /** kill -9, and waits until it is gone. */
  readonly kill: () => Promise<void>
  readonly freeze: () => void
  readonly thaw: () => void
  /** A member that takes nothing more from the primary, until it is let go or starts anew. */
  readonly holdBack: () => Promise<void>
  readonly letGo: () => Promise<void>
  /** Kills it for good and removes its data. */
  readonly remove: () => Promise<void>
}

export type ReplicaSet = {
  readonly members: readonly Mongod[]
  readonly url: string
  /** The member that takes writes. */
  readonly primary: () => Promise<Mongod>
  readonly remove: () => Promise<void>
}

/** MongoDB's own name of the place where a member is held back (its tests do so). */
const stopReplication = 'stopReplProducer'

/** Starts a mongod and waits until it answers. `replicaSet` names the set it will belong to. */
export const startMongod = async (binary: string, replicaSet?: string): Promise<Mongod> => {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'mls-mongod-'))
  const url = `mongodb://127.0.0.1:${port}/?directConnection=true`
  const options = [
    '--dbpath',
    folder,
    '--port',
    String(port),
    '--bind_ip',
    '127.0.0.1',
    '--wiredTigerCacheSizeGB',
    '0.25',
  ]
  if (replicaSet !== undefined)
    options.push('--replSet', replicaSet, '--oplogSize', '64', '--setParameter', 'enableTestCommands=1')
  let child: ChildProcess | undefined
  const orphaned = (): void => void child?.kill('SIGKILL')
  process.once('exit', orphaned)
  const start = async (): Promise<void> => {
    child = spawn(binary, options, { stdio: 'ignore' })
    await eventually('mongod answers', () => withAdmin(url, { ping: 1 }))
  }
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  const mongod: Mongod = {
    port,
    url,
    start,
    kill,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    holdBack: async () => {
      await withAdmin(url, { configureFailPoint: stopReplication, mode: 'alwaysOn' })
      const held = { waitForFailPoint: stopReplication, timesEntered: 1, maxTimeMS: 3_000 }
      await eventually('the member is held back', () => withAdmin(url, held))
    },
    letGo: async () => {
      await withAdmin(url, { configureFailPoint: stopReplication, mode: 'off' })
    },
    remove: async () => {
      await kill()
      process.off('exit', orphaned)
      await rm(folder, { recursive: true, force: true })
    },
  }
  await start()
  return mongod
}

/** Starts members and waits until one of them is primary. */
export const startReplicaSet = async (binary: string, size: number): Promise<ReplicaSet> => {
  const name = 'tests'
  const members = await Promise.all(Array.from({ length: size }, () => startMongod(binary, name)))
  const hosts = members.map(({ port }) => `127.0.0.1:${port}`)
  const [first] = members
  if (first === undefined) throw new Error('a replica set of none')
  const config = {
    _id: name,
    members: hosts.map((host, _id) => ({ _id, host })),
    // Elections in a second or two rather than ten: a test waits for them.
    settings: { electionTimeoutMillis: 1_500, heartbeatIntervalMillis: 500 },
  }
  await withAdmin(first.url, { replSetInitiate: config })
  const primary = (): Promise<Mongod> =>
    eventually(
      'a primary is elected',
      async () => {
        for (const member of members) {
          const hello = await withAdmin(member.url, { hello: 1 }).catch(() => undefined)
          if (hello?.['isWritablePrimary'] === true) return member
        }
        return undefined
      },
      60_000,
    )
  await primary()
  return {
    members,
    url: `mongodb://${hosts.join(',')}/?replicaSet=${name}`,
    primary,
    remove: async () => {
      await Promise.all(members.map((member) => member.remove()))
    },
  }
}

const withAdmin = async (url: string, command: Record<string, unknown>) => {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 1_000, socketTimeoutMS: 5_000 })
  try {
    return await client.db('admin').command(command)
  } finally {
    await client.close()
  }
}
