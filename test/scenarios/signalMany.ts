/** Signals one after another, as fast as their server takes them on one connection. */
import { on, once } from 'node:events'
import { WebSocket } from 'ws'
import type { Group } from '#src/client/index.js'
import { encodeSignalContent } from '#src/client/content/signalContent.js'
import type { Engine } from '#src/client/engine/engine.js'
import { sealSignal } from '#src/client/member/signal.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { decodeSignal } from '#src/mls/wire/signal.js'
import { random } from '../commands/mlsFixture.js'
import { forgedSignal } from '../support/forgedSignal.js'

export const sealedIn = ({ groups }: Engine, { id }: Pick<Group, 'id'>, data = ''): Promise<Uint8Array> => {
  const content = encodeSignalContent({ kind: 'typing', data: Buffer.from(data) })
  return sealSignal(groups.get(id)!.state!, content, random(12))
}

/** Looked at at the same time for a connection; more are refused. */
const atOnce = 16
/** The last of each few is one that is refused: by then those before it are as good as looked at. */
const last = 'last'

type Refused = { readonly id: string; readonly problem: { readonly code: string } }

/** Until so many were taken: what was one too many at once goes again. */
export const signalMany = async (engine: Engine, group: Pick<Group, 'id'>, count: number): Promise<void> => {
  const sealed = await sealedIn(engine, group)
  const decoded = decodeSignal(sealed, sealed.length)
  if (!decoded.ok) throw new Error('sealed as nobody reads it')
  const { epoch, leafIndex } = decoded.value
  const { websocketUrl } = await engine.api.discover()
  const { value } = await engine.api.clientToken()
  const socket = new WebSocket(websocketUrl, ['mls-homeserver.1'], { headers: { authorization: `Bearer ${value}` } })
  const frames = on(socket, 'message')
  await once(socket, 'open')
  const send = (id: string, signal: Uint8Array): void => {
    socket.send(JSON.stringify({ type: 'signal', id, group: group.id, signal: toBase64url(signal) }))
  }
  const nextRefused = async (): Promise<Refused> => {
    const { value: heard } = (await frames.next()) as IteratorYieldResult<[Buffer]>
    return JSON.parse(heard[0].toString()) as Refused
  }

  for (let left = count; left > 0;) {
    const some = Math.min(left, atOnce - 1)
    for (let n = 0; n < some; n++) send(`${n}`, sealed)
    send(last, forgedSignal(group.id, epoch - 1n, leafIndex))
    left -= some
    for (;;) {
      const { id, problem } = await nextRefused()
      if (id === last) break
      if (problem.code !== 'rate-limited') throw new Error(`a signal was refused: ${problem.code}`)
      left++
    }
  }
  await frames.return?.()
  socket.close()
}
