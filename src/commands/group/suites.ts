/** The ciphersuites that groups here may use (RFC 9420 §17.1). */
export const supportedSuites: readonly number[] = [1, 2, 3, 7]
