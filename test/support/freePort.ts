/** A port of this machine that nobody listens on, and that is given to nobody who asks for any. */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Systems give out ports from 32768 on: there a server that was killed may find its own taken when it comes back. */
const [first, last] = [10_240, 32_000]

/** Each process begins somewhere else, and takes none again for long. */
let next = randomInt(first, last)

/** Free until somebody takes it: whoever asked does so at once. */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = next++
    if (next > last) next = first
    if (await isFree(port)) return port
  }
}

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer().listen(port, '127.0.0.1')
  const listens = await once(server, 'listening').then(
    () => true,
    () => false,
  )
  server.close()
  if (listens) await once(server, 'close')
  return listens
}
