/** What the suites against MongoDB share: the server they were given, a database of their own, and skipping aloud. */
import { randomUUID } from 'node:crypto'
import { connectMongoDB, type MongoConnection, type MongoOptions } from '#src/adapters/mongoDB/connection.js'

/** For a machine that is busy with other suites: nothing here waits for so long by itself. */
const suiteTimeoutMs = 240_000

/** A suite for the server at MONGODB_URL. Without one it says so and is skipped. */
export const describeMongoDB = (title: string, suite: (url: string) => void): void => {
  describeWith('MONGODB_URL', title, suite)
}

/** A suite that starts, freezes and kills servers of its own with the binary MONGOD. */
export const describeMongod = (title: string, suite: (binary: string) => void): void => {
  describeWith('MONGOD', title, suite)
}

const describeWith = (variable: string, title: string, suite: (value: string) => void): void => {
  const value = process.env[variable]
  if (value === undefined) describe(title, () => it(`skipped: ${variable} is not set (npm run test:stores sets it)`))
  else
    describe(title, function () {
      this.timeout(suiteTimeoutMs)
      suite(value)
    })
}

/** Connects to a database that nobody else uses; `remove` drops it and lets go. */
export const freshDatabase = async (
  url: string,
  options: Omit<MongoOptions, 'url'> = {},
): Promise<{ readonly connection: MongoConnection; readonly url: string; readonly remove: () => Promise<void> }> => {
  const own = withDatabase(url, `test-${randomUUID()}`)
  const connection = await connectMongoDB({ url: own, ...options })
  const remove = async (): Promise<void> => {
    await connection.db.dropDatabase()
    await connection.close()
  }
  return { connection, url: own, remove }
}

/** The URL with another database in its path. */
export const withDatabase = (url: string, database: string): string =>
  url.replace(/^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?/, `$1/${database}`)
