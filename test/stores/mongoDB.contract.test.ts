/** MongoDB and GridFS keep the contracts of the ports, on whatever server MONGODB_URL names. */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { gridFSAssetBytes } from '#src/adapters/gridFS/assetBytes.js'
import { gridFSBlobs } from '#src/adapters/gridFS/blobs.js'
import { mongoCheckpoints } from '#src/adapters/mongoDB/checkpoints.js'
import { connectMongoDB, type MongoConnection } from '#src/adapters/mongoDB/connection.js'
import { mongoConsumers } from '#src/adapters/mongoDB/consumers.js'
import { mongoLeases } from '#src/adapters/mongoDB/leases.js'
import { mongoReadModels } from '#src/adapters/mongoDB/readModels.js'
import { mongoSnapshots } from '#src/adapters/mongoDB/snapshots.js'
import { assetBytesContract } from '../ports/assetBytes.contract.js'
import { blobsContract } from '../ports/blobs.contract.js'
import { checkpointsContract } from '../ports/checkpoints.contract.js'
import { consumersContract } from '../ports/consumers.contract.js'
import { leasesContract } from '../ports/leases.contract.js'
import { readModelsContract } from '../ports/readModels.contract.js'
import { snapshotsContract } from '../ports/snapshots.contract.js'
import { waitingContract } from '../projections/queues/waiting.contract.js'
import { describeMongoDB, freshDatabase } from './mongoDB.js'

describeMongoDB('MongoDB keeps its contracts:', (given) => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  const others: MongoConnection[] = []
  before(async () => {
    database = await freshDatabase(given)
  })
  after(() => database.remove())

  /** Another client, as another process would have. */
  const another = async (): Promise<MongoConnection> => {
    const connection = await connectMongoDB({ url: database.url })
    others.push(connection)
    return connection
  }
  const close = async (): Promise<void> => {
    for (const connection of others.splice(0)) await connection.close()
  }
  // The clock is the server's own: there is no moving it.
  const pass = (ms: number): Promise<void> => pause(ms)

  readModelsContract('MongoDB', () =>
    Promise.resolve({
      readModels: mongoReadModels(database.connection),
      reopen: async () => mongoReadModels(await another()),
      close,
    }),
  )
  waitingContract('MongoDB', () => {
    const readModels = mongoReadModels(database.connection)
    // Tables of the same log stay: each test has a log of its own.
    const log = randomUUID()
    return Promise.resolve({ readModels: { open: (schema) => readModels.open(schema, log) }, close })
  })
  snapshotsContract('MongoDB', async () => ({
    snapshots: await mongoSnapshots(database.connection, 'log-1'),
    reopen: async () => mongoSnapshots(await another(), 'log-1'),
    close,
  }))
  blobsContract('GridFS', async () => ({
    blobs: await gridFSBlobs(database.connection),
    reopen: async () => gridFSBlobs(await another()),
    pass,
    close,
  }))
  assetBytesContract('GridFS', async () => ({
    bytes: await gridFSAssetBytes(database.connection),
    reopen: async () => gridFSAssetBytes(await another()),
    pass,
    close,
  }))
  checkpointsContract('MongoDB', () =>
    Promise.resolve({
      checkpoints: mongoCheckpoints(database.connection),
      reopen: async () => mongoCheckpoints(await another()),
      close,
    }),
  )
  consumersContract('MongoDB', () => Promise.resolve({ consumers: mongoConsumers(database.connection), close }))
  leasesContract('MongoDB', () => Promise.resolve({ leases: mongoLeases(database.connection), pass, close }))
})
