/** The SDK with what only Node has: a store in a file. */
export * from './index.js'
export { StoreInUse } from './store/fileLock.js'
export { fileStore } from './store/fileStore.js'
