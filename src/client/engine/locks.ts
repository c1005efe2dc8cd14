/** One at a time per name: what touches a group's state waits for what touched it before. */
import { newTurns } from '../../structures/turns.js'

export type Locks = { readonly hold: <T>(name: string, run: () => Promise<T>) => Promise<T> }

export const newLocks = (): Locks => {
  const turns = newTurns()
  return { hold: (name, run) => turns.take(name, run) }
}
