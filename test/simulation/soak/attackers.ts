/** The attackers as they are seen from outside: armed, then at it until they are told to stop. */
import { Worker } from 'node:worker_threads'
import type { Blow, FromAttackers, Siege } from './attackWorker.js'

export type Attackers = {
  /** Tells them to stop; resolves when none holds on. */
  readonly stop: () => Promise<void>
}

/** Resolves as they begin. */
export const letAttack = async (siege: Siege, struck: (blows: readonly Blow[]) => void): Promise<Attackers> => {
  const worker = new Worker(new URL('./attackWorker.js', import.meta.url), { workerData: siege })
  const gone = new Promise<void>((resolve, reject) => {
    worker.once('error', reject)
    worker.once('exit', () => {
      resolve()
    })
  })
  gone.catch(() => undefined)
  const begun = new Promise<void>((resolve) => {
    worker.on('message', (said: FromAttackers) => {
      if (said === 'armed') resolve()
      else if (said !== 'over') struck(said)
    })
  })
  await Promise.race([begun, gone])
  return {
    stop: async () => {
      worker.postMessage('stop')
      await gone
    },
  }
}
