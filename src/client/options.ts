/** What an application says when it opens a client. */
import type { Store } from './store/store.js'

export type Options = {
  /** The homeserver's base URL, `https://…` or `http://…`; or several of the same homeserver, tried in turn when one is away. */
  readonly server: string | readonly string[]
  readonly store: Store
  /** DER roots that the application knows by domain. The own server's is otherwise believed at the first use, and kept. */
  readonly roots?: { readonly [domain: string]: Uint8Array }
  /** 1 (the default) or 3. */
  readonly cipherSuite?: number
  /** How long a request is tried again while the server is away; 60 s, but 5 s while nothing has ever answered at this address. */
  readonly patienceMs?: number
}
