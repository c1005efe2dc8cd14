/** Coming back to an account whose last device is gone, by the recovery code. */
import { toBase64url } from '../mls/bytes/base64url.js'
import { loadAccount } from './account/account.js'
import { comeBack, forgetRecovering, loadRecovering, saveRecovering } from './account/comeBack.js'
import { anonymousApi, finishRegistration, loadRegistration, newRegistration } from './account/registration.js'
import { expectText } from './arguments.js'
import type { Client } from './client.js'
import { sha256 } from './crypto/digest.js'
import { signJws } from './crypto/jws.js'
import { randomId } from './crypto/random.js'
import { readRecoveryCode } from './crypto/recoveryCode.js'
import { type RecoveryKeys, recoveryKeysOf } from './crypto/recoveryKeys.js'
import { connectionOf, openEngine } from './openClient.js'
import type { Options } from './options.js'
import { isRefusal } from './transport/refused.js'

type Connection = ReturnType<typeof connectionOf>

/**
 * A new client of the account whose code it is, once: it is in the account's groups when this resolves, and the account's other
 * clients are not. What was said before is not for it. `code` of the answer is the next one, guarded by the same passphrase. Taken
 * up where it stopped when it is called again with the same store. Throws TypeError for a slip in the code, and Refused
 * (`not-allowed`) where code and passphrase are not, or no longer, good.
 */
export const recoverAccount = async (
  options: Options & { readonly code: string; readonly passphrase?: string },
): Promise<{ readonly client: Client; readonly code: string }> => {
  const { store, passphrase } = options
  expectText('recoverAccount: code', options.code)
  if (passphrase !== undefined) expectText('recoverAccount: passphrase', passphrase)
  const code = readRecoveryCode(options.code)
  if (code === undefined) throw new TypeError('recoverAccount: this is no recovery code: one symbol or more is wrong')
  const existing = await loadAccount(store)
  if (existing === undefined) await arrive(options, await recoveryKeysOf(code, passphrase))
  else if ((await loadRecovering(store)) === undefined) throw new Error(`this store is of ${existing.client} already`)
  const { client, engine } = await openEngine(options)
  return { client, code: await comeBack(engine, passphrase) }
}

/** What the server refused is forgotten: another passphrase begins anew. */
const arrive = async (options: Options, keys: RecoveryKeys): Promise<void> => {
  const connection = connectionOf(options)
  try {
    await addOurselves(options, connection, keys)
  } catch (error) {
    if (isRefusal(error, 'not-allowed')) await forgetRecovering(options.store)
    throw error
  }
}

const addOurselves = async (
  { store, roots }: Options,
  { http, signal }: Connection,
  { locator, keys }: RecoveryKeys,
): Promise<void> => {
  const { baseUrl } = await http.discover(signal)
  const saved = await loadRecovering(store)
  const begun = saved === undefined ? undefined : await loadRegistration(store)
  const { recoveryIds } = anonymousApi(http, signal).account
  const registration = begun ?? (await newRegistration(store, undefined, await recoveryIds(locator)))
  const { user, client, csr, registerKey } = registration
  const iat = Math.floor(http.clock.now() / 1000)
  const claims = { aud: `${baseUrl}/v1/recovery`, iat, jti: randomId(), csr: toBase64url(await sha256(csr)) }
  const approval = saved?.approval ?? (await signJws(keys.seed, {}, claims))
  await saveRecovering(store, { approval })
  await finishRegistration({
    http,
    store,
    registration,
    pinned: roots,
    handle: undefined,
    submit: (api) => api.account.recover(registerKey, { user, client, locator, csr: toBase64url(csr), approval }),
    signal,
  })
}
