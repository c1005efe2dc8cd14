/** Every endpoint that a server's directory has, whatever that is: how it is asked, and with what in the place of its parameters. */
import { directoryPath, readDirectory } from '#src/federation/peers/directoryDocument.js'
import type { Peers, PeerRequest } from '#src/federation/peers/client.js'
import type { Domain } from '#src/mls/wire/ids.js'
import type { ComposedServer } from '../../../compose/composedServer.js'

export type Endpoint = {
  readonly name: string
  readonly method: PeerRequest['method']
  /** In its path and query. */
  readonly parameters: readonly string[]
}

export type Heard = {
  readonly status: number
  /** The code of a problem. */
  readonly code: string | undefined
  readonly text: string
  readonly headers: { readonly [name: string]: string }
}

export const endpointsOf = async ({ server }: Pick<ComposedServer, 'server'>): Promise<readonly Endpoint[]> => {
  const answer = await fetch(server.url + directoryPath)
  const directory = readDirectory(new Uint8Array(await answer.arrayBuffer()))
  if (directory === undefined) throw new Error('no directory')
  return Promise.all(
    Object.entries(directory.endpoints).map(async ([name, template]) => {
      const parameters = Array.from(template.matchAll(/\{([^{}]*)\}/g), ([, parameter = '']) => parameter)
      // Who asks by another method than it has is told so before anything else.
      const path = new URL(template).pathname.replaceAll(/%7B[^%]*%7D/g, 'x')
      const { status } = await fetch(server.url + path, { method: 'POST' })
      return { name, method: status === 405 ? 'GET' : 'POST', parameters } as const
    }),
  )
}

type Asking = Pick<PeerRequest, 'body' | 'contentType' | 'headers'> & {
  readonly parameters: Readonly<Record<string, string>>
}

/** Throws where what is answered is not signed, but for what was never heard as an endpoint’s. */
export const askEndpoint = async (
  peers: Peers,
  peer: Domain,
  { name: endpoint, method }: Pick<Endpoint, 'name' | 'method'>,
  asking: Asking,
): Promise<Heard> => {
  const bounds = { bytesMax: 16 * 1024 * 1024, timeoutMs: 20_000 }
  const { status, body, headers } = await peers.ask(peer, { method, endpoint, ...asking, ...bounds })
  const text = Buffer.from(body).toString('latin1')
  return { status, code: codeIn(text), text, headers }
}

const codeIn = (text: string): string | undefined => {
  try {
    return (JSON.parse(text) as { readonly code?: string }).code
  } catch {
    return undefined
  }
}
