// Runs the suites of the production stores against what they need and says in a table what ran where. MongoDB is the server
// at MONGODB_URL, or a real mongod installed and started here: alone, as a replica set of one, and as a set of three that
// loses its primary. S3 is the server at S3_ENDPOINT, or one that is made and started here. EventStoreDB is a test server that speaks its protocol, and the server at EVENTSTORE_URL if set.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findMongod } from './mongod.mjs'
import { findS3Server, installSdk } from './s3Server.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join('dist', 'checks', 'test', 'stores')
const { MONGODB_URL: givenMongo, EVENTSTORE_URL: givenLog, S3_ENDPOINT: givenS3 } = process.env

const specs = (prefix, where = folder) =>
  readdirSync(join(root, where))
    .filter((name) => name.startsWith(prefix) && name.endsWith('.test.js'))
    .map((name) => join(where, name))

const table = []
const withoutCredentials = (url) => url.replace(/^([^:]+:\/\/)[^?]*@/, '$1').replace(/\?.*$/, '')

const skip = (adapter, server, why) => {
  console.log(`\n${adapter}, ${server}: SKIPPED, ${why}`)
  table.push({ adapter, server, url: '-', passed: 0, failed: 0, skipped: 'all' })
}

/** Runs specs in a mocha of their own and notes its last lines, `K skipped` and `N passed, M failed`. */
const run = async ({ adapter, server, url, files, env, retries = 0 }) => {
  if (files.length === 0) return
  console.log(`\n${adapter}, ${server} (${withoutCredentials(url)})`)
  const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js')
  const options = ['--no-config', '--forbid-only', '--exit', '--timeout', '180000']
  options.push('--require', 'dist/checks/test/setup.js', '--reporter', 'dist/checks/test/reporter.cjs')
  if (retries > 0) options.push('--retries', String(retries))
  const clean = { ...process.env }
  for (const name of ['MONGODB_URL', 'MONGOD', 'EVENTSTORE_URL', 'S3_ENDPOINT']) delete clean[name]
  const child = spawn(process.execPath, [mocha, ...options, ...files], {
    cwd: root,
    env: { ...clean, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    process.stdout.write(text)
    output += text
  })
  const status = await new Promise((resolve) => child.on('close', resolve))
  const [, passed, failed] = /^(\d+) passed, (\d+) failed$/m.exec(output) ?? [null, '0', '1']
  const [, skipped] = /^(\d+) skipped$/m.exec(output) ?? [null, '0']
  const failures = status === 0 ? Number(failed) : Math.max(Number(failed), 1)
  table.push({
    adapter,
    server,
    url: withoutCredentials(url),
    passed: Number(passed),
    failed: failures,
    skipped: Number(skipped),
  })
}

const versionOf = async (url) => {
  const { connectMongoDB } = await import(join(root, 'dist', 'adapters', 'mongoDB', 'connection.js'))
  const { description, close } = await connectMongoDB({ url })
  await close()
  return description.replace(/^MongoDB | \(.*$/g, '')
}

const testMongoDB = async () => {
  const shared = specs('mongoDB.')
  if (givenMongo !== undefined) {
    const server = `${await versionOf(givenMongo)}, given`
    await run({ adapter: 'MongoDB', server, url: givenMongo, files: shared, env: { MONGODB_URL: givenMongo } })
  }
  const { mongod, missing } = findMongod()
  if (mongod === undefined) return skip('MongoDB', 'a server started here', missing)
  const { startMongod, startReplicaSet } = await import(join(root, folder, 'mongod.js'))
  const servers =
    givenMongo !== undefined
      ? []
      : [
          ['alone', () => startMongod(mongod)],
          ['a replica set of one', () => startReplicaSet(mongod, 1)],
        ]
  for (const [what, start] of servers) {
    const started = await start()
    try {
      const { url } = started
      const server = `${await versionOf(url)}, ${what}`
      await run({ adapter: 'MongoDB', server, url, files: shared, env: { MONGODB_URL: url, MONGOD: mongod } })
    } finally {
      await started.remove()
    }
  }
  const server = 'frozen, killed, a set of three fails over'
  await run({ adapter: 'MongoDB', server, url: 'its own servers', files: specs('mongod.'), env: { MONGOD: mongod } })
}

const testS3 = async () => {
  const [adapter, files] = ['S3', specs('s3.')]
  const missingSdk = await installSdk()
  if (missingSdk !== undefined) return skip(adapter, 'any server', missingSdk)
  if (givenS3 !== undefined) {
    await run({ adapter, server: 'given', url: givenS3, files, env: { S3_ENDPOINT: givenS3 } })
    await testBackups('given', givenS3)
    return
  }
  const found = findS3Server()
  if (found.missing !== undefined) return skip(adapter, 'a server started here', found.missing)
  const { startS3Server } = await import(join(root, folder, 's3.js'))
  const started = await startS3Server(found)
  try {
    await run({ adapter, server: found.name, url: started.endpoint, files, env: { S3_ENDPOINT: started.endpoint } })
    await testBackups(found.name, started.endpoint)
  } finally {
    await started.remove()
  }
}

/** Of servers alone: log, read models and assets each in one. */
const testBackups = async (s3, endpoint) => {
  const [adapter, server] = ['backups', `EventStoreDB test server, mongod, ${s3}`]
  const { mongod, missing } = findMongod()
  if (mongod === undefined) return skip(adapter, server, missing)
  const env = { MONGOD: mongod, S3_ENDPOINT: endpoint }
  await run({ adapter, server, url: endpoint, files: specs('backup.'), env })
}

const testEventStoreDB = async () => {
  const files = specs('eventStoreDB.')
  const adapter = 'EventStoreDB'
  await run({ adapter, server: 'test server', url: 'in this process', files, env: {} })
  const faults = specs('', join('dist', 'checks', 'test', 'adapters', 'eventStoreDB'))
  await run({ adapter, server: 'test server, failing', url: 'in this process', files: faults, env: {} })
  if (givenLog === undefined) return skip(adapter, 'a real server', 'EVENTSTORE_URL is not set')
  await run({ adapter, server: 'given', url: givenLog, files, env: { EVENTSTORE_URL: givenLog } })
}

/** Five processes on whatever cores there are: a test that a busy machine starved past its deadline is tried again. */
const testHomeserver = async () => {
  const retries = 2
  const [adapter, server] = ['homeserver', 'two processes on both']
  const { mongod, missing } = findMongod()
  if (mongod === undefined) return skip(adapter, server, missing)
  await run({ adapter, server, url: 'its own servers', files: specs('cluster.'), env: { MONGOD: mongod }, retries })
  // An acknowledgement is known to the other process a second later: an older copy that is opened at once is not noticed there.
  // One that looks into the log of each server: cluster.federation does so on these stores.
  const apart = /examples|crashes|olderCopies|twoServers/
  const scenarios = specs('', join('dist', 'checks', 'test', 'scenarios')).filter((file) => !apart.test(file))
  await run({
    adapter,
    server: `${server}: scenarios`,
    url: 'its own servers',
    files: scenarios,
    env: { SCENARIOS_MONGOD: mongod },
    retries,
  })
}

const printTable = () => {
  const rows = [
    ['adapter', 'server', 'URL', 'passed', 'failed', 'skipped'],
    ...table.map((row) => Object.values(row).map(String)),
  ]
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  console.log()
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
}

await testMongoDB()
await testS3()
await testEventStoreDB()
await testHomeserver()
printTable()
process.exitCode = table.some(({ failed }) => failed > 0) ? 1 : 0
