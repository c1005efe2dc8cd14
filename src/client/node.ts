/** The SDK with what only Node has: a store in a file, and files to be sent, which a restart opens again by itself. */
import { reopenFile } from './assets/upload/fileAt.js'
import * as anywhere from './index.js'
import type { Options } from './options.js'

export * from './index.js'
export { fileAt } from './assets/upload/fileAt.js'
export { StoreInUse } from './store/fileLock.js'
export { fileStore } from './store/fileStore.js'

/** An option of the application's own goes before. */
const reopening = <Call extends (options: never) => unknown>(call: Call): Call =>
  ((options: Options) => call({ openFile: reopenFile, ...options } as never)) as unknown as Call

export const createAccount = reopening(anywhere.createAccount)
export const openClient = reopening(anywhere.openClient)
export const completeLink = reopening(anywhere.completeLink)
export const recoverAccount = reopening(anywhere.recoverAccount)
