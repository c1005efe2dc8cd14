/** What tests of signals share: hearing the next one, sending many past the SDK, and looking for what they left on a disk. */
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import type { SignalEvent } from '#src/client/index.js'
import { encodeSignalContent } from '#src/client/content/signalContent.js'
import { sealSignal } from '#src/client/member/signal.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import type { GroupId } from '#src/mls/wire/ids.js'
import { random } from '../commands/mlsFixture.js'
import { engineOf } from './engineOf.js'
import type { Player } from './house.js'

type Engine = Awaited<ReturnType<typeof engineOf>>

/** Without fetching: what is not told to who is connected is not told. */
export const nextSignal = async (player: Player): Promise<SignalEvent> => {
  for await (const event of player.client.events(AbortSignal.timeout(60_000))) if (event.type === 'signal') return event
  throw new Error('no signal')
}

/** As the client of an engine seals it, to be sent by hand. */
export const sealedBy = ({ groups }: Engine, group: GroupId, data = new Uint8Array()): Promise<Uint8Array> =>
  sealSignal(groups.get(group)!.state!, encodeSignalContent({ kind: 'typing', data }), random(12))

/** So many signals on a websocket of a member's own, `together` of them before the next are sent. Answers what was said to them. */
export const flooded = async (
  { member, url, group }: { readonly member: Player; readonly url: string; readonly group: GroupId },
  { many, together }: { readonly many: number; readonly together: number },
): Promise<readonly string[]> => {
  const engine = await engineOf(member.store, url)
  const frame = JSON.stringify({ type: 'signal', group, signal: toBase64url(await sealedBy(engine, group)) })
  const { websocketUrl } = await engine.api.discover()
  const { value } = await engine.api.clientToken()
  const socket = new WebSocket(websocketUrl, ['mls-homeserver.1'], { headers: { authorization: `Bearer ${value}` } })
  await once(socket, 'open')
  const said: string[] = []
  socket.on('message', (data: Buffer) => said.push(data.toString()))
  for (let n = 0; n < many; n++) {
    socket.send(frame)
    if (n % together !== together - 1) continue
    // All that was sent before has been taken when this is answered.
    socket.ping()
    await once(socket, 'pong')
  }
  socket.close()
  return said
}

/** Which of these stand somewhere in the files of a directory. */
export const traces = async (
  directory: string,
  sought: readonly (string | Uint8Array)[],
): Promise<readonly string[]> => {
  const files = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const found: string[] = []
  for (const { parentPath, name } of files) {
    const bytes = await readFile(join(parentPath, name)).catch(() => undefined)
    // It got its final name meanwhile: what is there now is looked through.
    if (bytes === undefined) return traces(directory, sought)
    for (const one of sought) if (bytes.includes(Buffer.from(one))) found.push(`${name}: ${String(one).slice(0, 20)}`)
  }
  return found
}
