/** A websocket as the SDK uses it: the browser's own, or package ws in Node, which browsers' bundles stay free of. */

export type Socket = {
  readonly send: (frame: object) => void
  readonly close: () => void
  /** Resolves with the close code; it never rejects. */
  readonly closed: Promise<number>
}

type WebSocketLike = Pick<WebSocket, 'send' | 'close' | 'readyState'> & {
  readonly addEventListener: (type: string, listener: (event: { data?: unknown; code?: number }) => void) => void
}
type WebSocketClass = new (url: string, protocols: readonly string[]) => WebSocketLike

const subprotocol = 'mls-homeserver.1'
const abnormalClosure = 1006

/** Opens it, or rejects. Frames are JSON text; `onFrame` gets each as it comes. */
export const openSocket = async (
  url: string,
  onFrame: (frame: { readonly [field: string]: unknown }) => void,
  signal: AbortSignal,
): Promise<Socket> => {
  const Implementation = await webSocketClass()
  const socket = new Implementation(url, [subprotocol])
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener('close', ({ code }) => {
      resolve(code ?? abnormalClosure)
    })
  })
  socket.addEventListener('message', ({ data }) => {
    onFrame(JSON.parse(String(data)) as { [field: string]: unknown })
  })
  const close = (): void => {
    socket.close()
  }
  // It may have aborted while the class was looked for.
  if (signal.aborted) close()
  else signal.addEventListener('abort', close)
  void closed.then(() => {
    signal.removeEventListener('abort', close)
  })
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => {
      resolve()
    })
    socket.addEventListener('error', () => {
      reject(new Error(`${url} cannot be reached`))
    })
    void closed.then((code) => {
      reject(new Error(`${url} closed the socket at once (${code})`))
    })
  })
  return {
    send: (frame) => {
      if (socket.readyState === 1) socket.send(JSON.stringify(frame))
    },
    close,
    closed,
  }
}

const webSocketClass = async (): Promise<WebSocketClass> => {
  const own = (globalThis as unknown as { WebSocket?: WebSocketClass }).WebSocket
  if (own !== undefined) return own
  // The name stands in a variable so that bundlers for browsers leave it alone.
  const name = 'ws'
  const { WebSocket } = (await import(/* @vite-ignore */ name)) as { WebSocket: WebSocketClass }
  return WebSocket
}
