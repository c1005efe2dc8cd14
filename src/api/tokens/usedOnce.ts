/** Things that count once: the jti of an assertion is used up by the first who shows it. */
import { createHash } from 'node:crypto'
import type { Clock } from '../../ports/clock.js'
import type { Leases } from '../../ports/leases.js'
import type { Random } from '../../ports/random.js'
import { toBase64url } from '../../mls/bytes/base64url.js'

/** True for the first who asks for a name before `until` (ms); false for everyone after. */
export type UseOnce = (name: string, until: number) => Promise<boolean>

/** Names remembered at most; when all are still in use nothing new is taken, because forgetting one would let it in twice. */
const namesMax = 200_000

/** In this process alone: a name used in another process, or before a restart, is not known here. */
export const useOnceInMemory = (clock: Clock): UseOnce => {
  const used = new Map<string, number>()
  const forgetOld = (now: number): void => {
    for (const [name, until] of used) if (until <= now) used.delete(name)
  }
  return (name, until) => {
    const now = clock.now()
    const known = used.get(name)
    if (known !== undefined && known > now) return Promise.resolve(false)
    if (used.size >= namesMax) forgetOld(now)
    if (used.size >= namesMax) return Promise.resolve(false)
    used.set(name, until)
    return Promise.resolve(true)
  }
}

/** Across processes: each use is a lease, held by somebody new each time, and given up when its time is over. */
export const useOnceByLease = (leases: Leases, clock: Clock, random: Random): UseOnce => {
  const held: { readonly lease: string; readonly holder: string; readonly until: number }[] = []

  /** Two for each one taken, so that leases do not pile up in the store. */
  const giveUpOld = async (): Promise<void> => {
    for (let n = 0; n < 2 && (held[0]?.until ?? Infinity) < clock.now(); n++) {
      const old = held.shift()
      if (old !== undefined) await leases.release(old.lease, old.holder)
    }
  }

  return async (name, until) => {
    await giveUpOld()
    const lease = `used-${createHash('sha256').update(name).digest('base64url')}`
    const holder = toBase64url(random.bytes(16))
    const isFirst = await leases.take(lease, holder, Math.max(1, until - clock.now()))
    if (isFirst) held.push({ lease, holder, until })
    return isFirst
  }
}
