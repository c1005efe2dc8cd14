/** What any command and any read costs its client, whatever it asks for (docs/api.md, Budgets). */
import type { Reply } from '../route.js'
import type { Charge } from './rateLimits.js'

/** Whose budgets a request is counted in: a client's, or a queue's by itself, and those of its user. */
export type Payer = { readonly client: string; readonly user: string }

/** Bytes that an event takes besides what it was made of: envelope, ids, index. */
const eventBytes = 512

/** `bytes`: of the body. */
export const costOfCommand = ({ client, user }: Payer, bytes: number): readonly Charge[] => [
  { rate: 'commandsPerClient', key: client },
  { rate: 'bytesWrittenPerUser', key: user, cost: bytes + eventBytes },
]

export const costOfRead = ({ client }: Payer): readonly Charge[] => [{ rate: 'readsPerClient', key: client }]

/** Of asking the log whether a command is done, where there is nothing left to pay a new one with. */
export const costOfLook = (who: string): readonly Charge[] => [{ rate: 'readsPerClient', key: who }]

/** One for each of so many bytes of an answer. */
const pageBytes = 64 * 1024
/** What is not there costs three times what is: who knows what it asks for seldom misses. */
const missCost = 2

/** What a read costs beyond that, once its answer is known. */
export const costOfAnswer = ({ client }: Payer, reply: Reply, bytes: number): readonly Charge[] => {
  const missed = 'rejected' in reply && reply.rejected.code.startsWith('no-such-')
  const cost = missed ? missCost : Math.floor(bytes / pageBytes)
  return cost === 0 ? [] : [{ rate: 'readsPerClient', key: client, cost }]
}
