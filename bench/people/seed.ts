/** Many people, written straight into the log of a server that has run once: registering each would take hours and say no more. */
import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { openEmbeddedEventStore } from '#src/adapters/embedded/log/eventStore.js'
import { keyFileOf } from '#src/adapters/keys/subjectKeys.js'
import { sealedMeta } from '#src/events/form/checksum.js'
import { encryptUnderSubjectKey, nonceBytes } from '#src/events/form/underSubjectKey.js'
import { userStream } from '#src/events/user.js'
import type { UserEvent, VouchedKey } from '#src/events/user.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { makeId, parseDomain } from '#src/mls/wire/ids.js'
import { withNamesInLog } from '#src/streams/namesInLog.js'
import { newSalt } from '#src/streams/salts.js'

const atOnce = 64
/** A file system has a bound for the names of one file. */
const namesOfOneKey = 20_000
const dayMs = 24 * 60 * 60 * 1_000

/** The handle of the nth. */
export const handleOf = (n: number): string => `person${String(n).padStart(6, '0')}`

/** `dataDir` has log and keys of `domainName`. */
export const seedPeople = async (dataDir: string, domainName: string, count: number): Promise<void> => {
  const domain = parseDomain(domainName)
  if (domain === undefined) throw new Error(`no domain: ${domainName}`)
  const log = withNamesInLog(await openEmbeddedEventStore({ directory: dataDir }))
  const subjects = join(dataDir, 'keys', 'subjects')
  await mkdir(subjects, { recursive: true, mode: 0o700 })
  const keys = await keysFor(count, subjects)
  const settle = async (n: number): Promise<void> => {
    const user = makeId('user', domain, randomBytes(16))
    const { file: of, key: subjectKey } = keys[n % keys.length] ?? { file: '', key: new Uint8Array() }
    const file = join(subjects, keyFileOf(user))
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await link(of, file)
    const handle = encryptUnderSubjectKey(subjectKey, randomBytes(nonceBytes), { user, field: 'handle' }, handleOf(n))
    const client = makeId('client', domain, randomBytes(16))
    const directQueue = makeId('queue', domain, randomBytes(16))
    const event: UserEvent = {
      type: 'UserRegistered',
      data: {
        ...{ user, handle, handleHash: toBase64url(randomBytes(32)), discovery: 'prefix', claims: 'anyone' },
        first: { client, directQueue, key: vouched() },
      },
    }
    const stream = userStream(user)
    const bare = { ...event, stream, id: randomUUID(), meta: { v: 1, at: Date.now(), command: randomUUID() } }
    const { id, type, data } = bare
    await log.append(stream, [{ id, type, data, meta: sealedMeta(bare, newSalt()) }], 'none')
  }
  let next = 0
  const settler = async (): Promise<void> => {
    while (next < count) await settle(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, settler))
  await log.close()
}

/** Many share one: so many files of their own would take minutes to make and to remove. */
const keysFor = (count: number, directory: string) =>
  Promise.all(
    Array.from({ length: Math.ceil(count / namesOfOneKey) }, async (_, n) => {
      const file = join(directory, `shared-${n}`)
      const key = randomBytes(32)
      await writeFile(file, key, { mode: 0o600 })
      return { file, key }
    }),
  )

/** Nobody looks at it. */
const vouched = (): VouchedKey => ({
  algorithm: 'Ed25519',
  signatureKey: toBase64url(randomBytes(32)),
  certificate: toBase64url(randomBytes(300)),
  issuer: 'AAAA',
  serial: randomBytes(8).toString('hex'),
  notAfter: Date.now() + dayMs,
})
