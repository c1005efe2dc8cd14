/** The time that bytes may take on the slowest network that we wait for, ms: added to what a call may take. */
export const patienceFor = (bytes: number): number => bytes / bytesPerMs

const bytesPerMs = 1_000
