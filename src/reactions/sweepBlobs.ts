/** Blobs are stored before the event that names them, so a crash, or a lost race, leaves some that nothing names. */
import { everyBlob } from '../ports/blobs.js'
import type { Blobs } from '../ports/blobs.js'
import type { Sweep } from './rule.js'

export type SweepBlobsDependencies = {
  readonly blobs: Pick<Blobs, 'list' | 'remove'>
  /** Every place that names blobs: one that is left out loses them. */
  readonly namedBy: readonly ((digest: string) => Promise<boolean>)[]
  /** Whether those places have seen all that is in the log now; else nothing is swept. */
  readonly level: () => Promise<boolean>
}

const everyMs = 6 * 60 * 60 * 1_000
/** Younger ones may belong to a command that is still under way. */
const youngMs = 24 * 60 * 60 * 1_000

export const sweepBlobs = ({ blobs, namedBy, level }: SweepBlobsDependencies): Sweep => ({
  name: 'sweepBlobs',
  everyMs,
  sweep: async ({ now, signal }) => {
    if (!(await level())) return
    for await (const { digest, stored } of everyBlob(blobs)) {
      if (signal.aborted) return
      if (stored < now - youngMs && !(await isNamed(digest, namedBy))) await blobs.remove(digest)
    }
  },
})

const isNamed = async (digest: string, namedBy: SweepBlobsDependencies['namedBy']): Promise<boolean> => {
  for (const names of namedBy) if (await names(digest)) return true
  return false
}
