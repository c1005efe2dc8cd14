/** A signal carries no data: arm it, then read, then wait; what happened since the arming is not missed. */
import { race, Subject, timer } from 'rxjs'
import type { Observable } from 'rxjs'
import { firstValueFrom } from 'rxjs'

export type Signal = {
  /** Resolves at the next ring after this call, or after a while: rings from other processes do not arrive. */
  arm(): Promise<void>
}

const whileMs = 200

/** Rings whenever `rings` emits. */
export const makeSignal = (rings: Observable<unknown>, patienceMs = whileMs): Signal => {
  const rung = new Subject<unknown>()
  rings.subscribe(rung)
  return {
    arm: async () => {
      await firstValueFrom(race(rung, timer(patienceMs)), { defaultValue: undefined })
    },
  }
}
