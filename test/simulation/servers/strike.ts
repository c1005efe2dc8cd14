/** What befalls a server in the middle of what it does: it is killed, frozen, or away for a while. */
import type { House } from '../../scenarios/house.js'
import type { Seeded } from '../../ports/seeded.js'
import { pause } from '../speakers.js'

export const strikes = ['killed', 'frozen', 'away'] as const
export type Strike = (typeof strikes)[number]

const soonMs = 300
const frozenMsMax = 2_000

/** `back`: there again; of one that is away, only once somebody brings it back. */
export type Struck = { readonly back: () => Promise<void> }

/** In the middle of what happens meanwhile. */
export const strike = async ({ server }: House, what: Strike, random: Seeded): Promise<Struck> => {
  await pause(random.integer(soonMs))
  if (what === 'frozen') {
    process.kill(server.pid, 'SIGSTOP')
    await pause(random.integer(frozenMsMax))
    process.kill(server.pid, 'SIGCONT')
    return { back: () => Promise.resolve() }
  }
  await server.crash()
  if (what === 'away') return { back: server.restart }
  await pause(random.integer(soonMs))
  await server.restart()
  return { back: () => Promise.resolve() }
}
