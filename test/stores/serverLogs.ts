/** What must be true of the logs of real servers: what each follower recorded is what its hub decided, all of it, in order and once. */
import { openEmbeddedLogForReading } from '#src/adapters/embedded/log/readOnlyEventStore.js'
import type { Domain } from '#src/mls/wire/ids.js'
import { makeOracle } from '../simulation/federation/oracle.js'
import { pause } from '../simulation/speakers.js'

export type Log = { readonly domain: Domain; readonly dataDir: string }

/** Faults that are there once nothing more is under way, or after so long. Servers may be running. */
export const faultsIn = async (logs: readonly Log[], waitMs: number): Promise<readonly string[]> => {
  const readers = logs.map(({ domain, dataDir }) => ({
    domain,
    events: openEmbeddedLogForReading({ directory: dataDir }),
  }))
  try {
    const oracle = makeOracle(readers, { sent: new Map(), faults: [] })
    const deadline = Date.now() + waitMs
    for (;;) {
      await oracle.look()
      const missing = oracle.missing()
      if (missing.length === 0 || Date.now() > deadline) return [...oracle.faults(), ...missing]
      await pause(100)
    }
  } finally {
    for (const { events } of readers) await events.close()
  }
}
