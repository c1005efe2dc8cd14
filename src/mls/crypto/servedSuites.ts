/** Which cipher suites groups and KeyPackages here may use, by whose signatures. */
import { type SignatureScheme, signatureSchemes } from './signatureScheme.js'
import { suiteIdsOf } from './suite.js'

/** The signature keys that clients and queues here may have. */
export const signatureAlgorithms = ['Ed25519', 'P-256', 'P-384'] as const
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number]

export const schemeOf = (algorithm: SignatureAlgorithm): SignatureScheme => signatureSchemes[algorithm]

/** The suites that such keys sign for. */
export const supportedSuites: readonly number[] = signatureAlgorithms.flatMap(suiteIdsOf).sort((a, b) => a - b)
