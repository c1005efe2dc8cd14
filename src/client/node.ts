/** The SDK with what only Node has: a store in a file. */
export * from './index.js'
export { fileStore } from './store/fileStore.js'
