/** A client made of openapi-typescript's types alone: registers, publishes, fetches, and is refused in ways it can tell apart. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import createClient from 'openapi-fetch'
import type { components, paths } from './schema.js'

const [url = '', mlsObjects = ''] = process.argv.slice(2)

/** Awaited, not waited for: the server closes idle connections, and that must be heard. */
const make = async (asked: object): Promise<Record<string, string>> => {
  const child = spawn(process.execPath, [mlsObjects], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(asked))
  return JSON.parse(await text(child.stdout)) as Record<string, string>
}

/** The answer, where it is one. */
const done = <Data,>({ data, error }: { data?: Data; error?: unknown }): NonNullable<Data> => {
  if (data === undefined || data === null) throw new Error(JSON.stringify(error))
  return data
}
const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what)
}

const anyone = createClient<paths>({ baseUrl: url })
const asHolder = async (seed: string, id: string) => {
  const { assertion = '' } = await make({ make: 'assertion', seed, id, audience: `${url}/v1/token` })
  const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
  const { access_token } = done(await anyone.POST('/v1/token', { body: { grant_type, assertion } }))
  return createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${access_token}` } })
}

const { seed = '' } = await make({ make: 'keys' })
const { user, client } = done(await anyone.POST('/v1/ids', { body: {} }))
const { csr = '' } = await make({ make: 'csr', seed, user, client })
const handle = `ts-${user
  .slice(-8)
  .toLowerCase()
  .replaceAll(/[^a-z0-9]/g, 'x')}`
const account = { user, client, handle, csr, discovery: 'exact', claims: 'anyone' } as const
const registered = done(await anyone.POST('/v1/users', { body: account }))
must(Math.abs(registered.serverTime - Date.now()) < 60_000, 'the server tells the time')
const me = await asHolder(seed, client)

const { seed: queueSeed = '', publicKey = '' } = await make({ make: 'keys' })
const { queue } = done(await me.POST('/v1/queues', { body: { algorithm: 'Ed25519', publicKey } }))
const queueKey = done(await anyone.GET('/v1/queueKey'))
const { certificates } = registered
const { keyPackage = '', ref } = await make({
  make: 'keyPackage',
  seed,
  certificates,
  queue,
  queueKey,
  lastResort: true,
})
const published = done(await me.POST('/v1/keyPackages', { body: { keyPackages: [keyPackage], replace: false } }))
must(published.refs[0] === ref, 'the server answers the reference of the KeyPackage')
const another = await make({ make: 'keyPackage', seed, certificates, queue, queueKey })
const asItIs = await me.POST('/v1/keyPackages', {
  body: another['keyPackage'] ?? '',
  bodySerializer: (text: unknown) => Buffer.from(String(text), 'base64url'),
  headers: { 'content-type': 'message/mls' },
})
const { position } = done(asItIs)
const { stock } = done(await me.GET('/v1/keyPackages', { params: { query: { atLeast: position } } }))
must(stock[0]?.count === 1 && stock[0].lastResort, `one of each kind is there, not ${JSON.stringify(stock)}`)

const { items, next } = done(
  await (
    await asHolder(queueSeed, queue)
  ).GET('/v1/queues/{queue}/items', { params: { path: { queue }, query: { limit: 10 } } }),
)
must(items.length === 0 && next !== '', 'the queue is there, and empty')
for (const item of items satisfies readonly components['schemas']['QueueItem'][])
  if (item.type === 'welcome') console.log(item.digest)

/** Compiles because the code tells which fields there are. */
const { error } = await me.POST('/v1/groups/{group}/messages', {
  params: { path: { group: user.replace('/u/', '/g/') } },
  body: { message: keyPackage },
})
must(
  error?.code === 'unsupported-message' && error.reason !== '',
  `a KeyPackage is no message: ${JSON.stringify(error)}`,
)
const { error: old } = await me.GET('/v1/contacts', { params: { query: { atLeast: 'other.1' } } })
must(old?.code === 'cursor-expired' && old.status === 410, `another log: ${JSON.stringify(old)}`)
console.log('registered, published, fetched')
