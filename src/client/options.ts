/** What an application says when it opens a client. */
import type { OpenFile } from './assets/upload/resumeFiles.js'
import type { Status } from './engine/status.js'
import type { Store } from './store/store.js'

export type Options = {
  /** The homeserver's base URL, `https://…` or `http://…`; or several of the same homeserver, tried in turn when one is away. */
  readonly server: string | readonly string[]
  readonly store: Store
  /** DER roots that the application knows by domain. The own server's is otherwise believed at the first use, and kept. */
  readonly roots?: { readonly [domain: string]: Uint8Array }
  /** 1 (the default) or 3. */
  readonly cipherSuite?: number
  /**
   * How long a request is tried again. By default 15 s where nobody answers (5 s where nobody ever has) or another server does
   * not, and 60 s where the server says that it is busy or waits for its store.
   */
  readonly patienceMs?: number
  /** Ends the opening, when it takes too long. */
  readonly signal?: AbortSignal
  /** Told whenever the connection changes, from `offline` at first. */
  readonly onStatus?: (status: Status) => void
  /**
   * Opens a file again whose sending a restart cut short: it goes on by itself, and `fileSent` tells of it. Undefined where it
   * cannot be opened, and always in browsers, which give no way back to a file: `fileUnfinished`. In Node files of `fileAt`
   * are opened without it. Asked for one file after another.
   */
  readonly openFile?: OpenFile
}
