/** The SDK with what only Node has: a store in a file, and files to be sent. */
export * from './index.js'
export { fileAt } from './assets/fileAt.js'
export { StoreInUse } from './store/fileLock.js'
export { fileStore } from './store/fileStore.js'
