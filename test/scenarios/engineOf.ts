/** What a client's store lets one ask by hand: its engine, which reads no queue and settles nothing. */
import { loadAccount } from '#src/client/account/account.js'
import { assembleClient } from '#src/client/assembleClient.js'
import type { Engine } from '#src/client/engine/engine.js'
import type { Store } from '#src/client/store/store.js'
import { httpTo } from '#src/client/transport/http.js'

/** `url`: of one server, or of several with commas between. */
export const engineOf = async (store: Store, url: string): Promise<Engine> => {
  const server = url.split(',')
  const account = await loadAccount(store)
  if (account === undefined) throw new Error('no account in this store')
  const { engine } = await assembleClient({ server, store }, account, httpTo(server), new AbortController())
  return engine
}
