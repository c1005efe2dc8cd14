/** A connection by hand, from the attackers' address: bytes out, statuses in, until one of both has had enough. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { attackersAddress } from './attack.js'
import type { Ground } from './attack.js'

export type Dialled = {
  readonly socket: Socket
  /** Resolves with false where nobody takes it any more. */
  readonly say: (bytes: string | Uint8Array) => Promise<boolean>
  /** Every status heard, and how it ended: `cut`, or `left` after so many ms. */
  readonly end: (ms: number) => Promise<readonly string[]>
}

export const dial = async ({ port, signal }: Ground): Promise<Dialled> => {
  const socket = connect({ port, host: '127.0.0.1', localAddress: attackersAddress })
  const closed = new Promise<'cut'>((resolve) =>
    socket.once('close', () => {
      resolve('cut')
    }),
  )
  const heard = new Set<string>()
  socket.on('error', () => undefined)
  socket.on('data', (bytes: Buffer) => {
    for (const [, status] of bytes.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3})/g)) heard.add(status ?? '')
  })
  await Promise.race([once(socket, 'connect'), closed])
  return {
    socket,
    say: async (bytes) => {
      if (socket.destroyed) return false
      if (!socket.write(bytes)) await Promise.race([once(socket, 'drain', { signal }).catch(() => undefined), closed])
      return !socket.destroyed
    },
    end: async (ms) => {
      const how = await Promise.race([closed, given(ms, signal)])
      socket.destroy()
      return [...heard, how]
    },
  }
}

/** After so long, or when all is over. */
export const given = (ms: number, signal: AbortSignal): Promise<'left'> =>
  new Promise((resolve) => {
    const leave = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', leave)
      resolve('left')
    }
    const timer = setTimeout(leave, ms)
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave)
  })
