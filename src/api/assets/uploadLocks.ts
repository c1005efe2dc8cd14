/**
 * One upload of an asset at a time, in all processes. Within this process the newest wins: whoever comes back after its
 * connection was lost does not wait until that is noticed. Between processes a lease holds the others off.
 */
import type { AssetId } from '../../mls/wire/ids.js'
import type { Clock } from '../../ports/clock.js'
import type { Leases } from '../../ports/leases.js'

export type UploadLock = {
  /** Aborts when a newer upload of this process wants it, which waits for what came to be written; or lost (`isLost`). */
  readonly signal: AbortSignal
  readonly release: () => Promise<void>
}

export type UploadLocks = {
  /**
   * Waits for a while, the one before it in this process being told to stop; undefined: another holds it still. `by`: what
   * it is for. What is there for the same is the same request sent twice, and has its time to come to an end.
   */
  take(asset: AssetId, by?: string): Promise<UploadLock | undefined>
  /** Waits for a while until nobody of this process holds it. */
  free(asset: AssetId): Promise<void>
}

export type UploadLocksDependencies = {
  readonly leases: Pick<Leases, 'take' | 'release'>
  readonly clock: Clock
  /** This process. */
  readonly holder: string
}

/** How long the lease of a process that died holds the others off, and how often a live one renews it. */
const ttlMs = 10_000
const renewMs = 2_500
const waitMsMax = 5_000
const lookMs = 200

/** The lease is another process's by now, or may be. */
class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

/** Whether it aborted because the lease was lost: nothing more may be written. */
export const isLost = ({ reason }: AbortSignal): boolean => reason instanceof LeaseLost

type Held = { readonly by: string | undefined; readonly stop: () => void; readonly over: Promise<void> }

export const makeUploadLocks = ({ leases, clock, holder }: UploadLocksDependencies): UploadLocks => {
  const held = new Map<AssetId, Held>()

  /** False when it did not end in time. */
  const ended = async ({ over }: Held, deadline: number): Promise<boolean> => {
    const late = new AbortController()
    const waiting = clock.sleep(Math.max(0, deadline - clock.now()), late.signal).then(() => false)
    const inTime = await Promise.race([over.then(() => true), waiting])
    late.abort()
    return inTime
  }

  const leased = async (name: string, deadline: number, signal: AbortSignal): Promise<boolean> => {
    while (!(await leases.take(name, holder, ttlMs))) {
      if (clock.now() >= deadline || signal.aborted) return false
      await clock.sleep(lookMs, signal)
    }
    return true
  }

  /** Renews until it is over; one that could not be renewed for nearly its whole time is lost. */
  const renew = async (name: string, over: AbortSignal, lost: () => void): Promise<void> => {
    let renewedAt = clock.now()
    for (;;) {
      await clock.sleep(renewMs, over)
      if (over.aborted) return
      if (await leases.take(name, holder, ttlMs).catch(() => false)) renewedAt = clock.now()
      else if (clock.now() - renewedAt > ttlMs - 2 * renewMs) lost()
    }
  }

  /** What is held here from now on, until `leave`. */
  const hold = (
    asset: AssetId,
    by: string | undefined,
  ): { readonly signal: AbortSignal; readonly lose: () => void; leave: () => void } => {
    const stopping = new AbortController()
    const stop = (): void => {
      stopping.abort()
    }
    const lose = (): void => {
      stopping.abort(new LeaseLost('the lease was lost'))
    }
    let leave = (): void => undefined
    const over = new Promise<void>((resolve) => {
      leave = () => {
        held.delete(asset)
        resolve()
      }
    })
    held.set(asset, { by, stop, over })
    return { signal: stopping.signal, lose, leave }
  }

  return {
    free: async (asset) => {
      const deadline = clock.now() + waitMsMax
      for (let before = held.get(asset); before !== undefined; before = held.get(asset)) {
        if (!(await ended(before, deadline))) return
      }
    },
    take: async (asset, by) => {
      const patience = clock.now() + waitMsMax
      const deadline = by === undefined ? patience : patience + waitMsMax
      // Looked at and held without a pause in between: two who waited for the same end must not both have it.
      for (let before = held.get(asset); before !== undefined; before = held.get(asset)) {
        if (by !== undefined && before.by === by && (await ended(before, patience))) continue
        before.stop()
        if (!(await ended(before, deadline))) return undefined
      }
      const { signal, lose, leave } = hold(asset, by)
      const name = `asset ${asset}`
      const isOurs = await leased(name, deadline, signal).catch((error: unknown) => {
        leave()
        throw error
      })
      if (!isOurs) {
        leave()
        return undefined
      }
      const over = new AbortController()
      const renewing = renew(name, over.signal, lose)
      const release = async (): Promise<void> => {
        over.abort()
        await renewing
        // Ours until nobody renews it: the next of this process would lose its own by our release.
        await leases.release(name, holder).catch(() => undefined)
        leave()
      }
      return { signal, release }
    },
  }
}
