/** The cipher suites over node:crypto: what the server verifies with. */
import { nodeCrypto } from './nodeCrypto.js'
import { suitesOver } from './suite.js'

/** Refuses with unsupported-ciphersuite when it is none of ours. */
export const cipherSuite = suitesOver(nodeCrypto)
