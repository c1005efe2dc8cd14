/** The root's successor: made, and put in its place by a statement that the old root signs; and such a statement read again. */
import { createPrivateKey, sign } from 'node:crypto'
import { z } from 'zod'
import { makeRoot } from '../../adapters/x509/authority.js'
import type { Certified } from '../../adapters/x509/authority.js'
import { systemClock } from '../../adapters/system/clock.js'
import { rootStatementContent, statementsTo } from '../../federation/peers/rootStatement.js'
import { fromBase64url, toBase64url } from '../../mls/bytes/base64url.js'
import { parseDomain } from '../../mls/wire/ids.js'
import type { Domain } from '../../mls/wire/ids.js'
import { newestRootIn } from '../../ports/keys.js'
import type { Succession } from '../../ports/keys.js'
import { keysIn } from '../identity.js'
import { StartupProblem } from '../process/startupProblem.js'
import type { Config } from '../settings/config.js'

const format = 'mls-homeserver-root-statement'
const file = z.strictObject({
  format: z.literal(format),
  version: z.literal(1),
  domain: z.string(),
  from: z.string(),
  to: z.string(),
  signature: z.string(),
})

export type Successor = {
  /** The statement, as text. */
  readonly statement: string
  readonly root: Certified
}

/** `rootPrivateKey`: of the newest root, PKCS#8 DER. Throws StartupProblem. */
export const makeSuccessorHere = async (config: Config, rootPrivateKey: Uint8Array): Promise<Successor> => {
  const { domain, newest } = await rootsHere(config)
  const root = await makeRoot(domain, systemClock.now())
  const signature = signedBy(rootPrivateKey, rootStatementContent(domain, newest, root.certificate))
  const [from, to] = [toBase64url(newest), toBase64url(root.certificate)]
  const said = { from, to, signature: toBase64url(signature) }
  if (statementsTo(domain, from, to, [said]) === undefined)
    throw new StartupProblem(78, 'this is not the private key of the root that is the newest in KEYS_DIR')
  return { statement: `${JSON.stringify({ format, version: 1, domain, ...said }, undefined, 2)}\n`, root }
}

/** A statement from the root that is the newest in KEYS_DIR. Throws StartupProblem. */
export const successionHere = async (config: Config, text: Buffer): Promise<Succession> => {
  const { domain, newest } = await rootsHere(config)
  const read = file.safeParse(jsonIn(text))
  if (!read.success) throw new StartupProblem(78, 'this is no statement of `homeserver keys root successor`')
  const { from, to, signature } = read.data
  const path = from === toBase64url(newest) ? statementsTo(domain, from, to, [read.data]) : undefined
  const bytes = [from, to, signature].map((one) => fromBase64url(one) ?? new Uint8Array())
  if (path === undefined || read.data.domain !== domain)
    throw new StartupProblem(78, 'the statement is not one of the root that is the newest in KEYS_DIR')
  const [fromBytes, toBytes, signed] = bytes as [Uint8Array, Uint8Array, Uint8Array]
  return { from: fromBytes, to: toBytes, signature: signed }
}

const rootsHere = async ({ keysDir }: Config): Promise<{ readonly domain: Domain; readonly newest: Uint8Array }> => {
  const keys = await keysIn(keysDir)
  const domain = keys === undefined ? undefined : parseDomain(keys.server.domain)
  if (keys === undefined || domain === undefined)
    throw new StartupProblem(78, `KEYS_DIR ${keysDir} holds no keys: make them with \`homeserver keys init\``)
  await keys.close()
  return { domain, newest: newestRootIn(keys.server) }
}

/** Throws StartupProblem for what is no private key. */
const signedBy = (privateKey: Uint8Array, content: Uint8Array): Uint8Array => {
  try {
    const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' })
    return new Uint8Array(sign(undefined, content, key))
  } catch {
    throw new StartupProblem(64, 'the private key of the root is no PKCS#8, in PEM or DER')
  }
}

const jsonIn = (text: Buffer): unknown => {
  try {
    return JSON.parse(text.toString('utf8'))
  } catch {
    return undefined
  }
}
