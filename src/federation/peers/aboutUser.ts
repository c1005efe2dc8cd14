/** Asking another server about a user of its own, for one of ours: extensions of ours that answer in JSON. */
import type { z } from 'zod'
import { domainOf } from '../../mls/wire/ids.js'
import type { UserElsewhere } from '../../ports/peers.js'
import type { Peers } from './client.js'
import { jsonIn } from './json.js'
import { PeerUnreachable } from './peerErrors.js'

type Asked<Schema extends z.ZodType> = UserElsewhere & {
  readonly endpoint: string
  readonly schema: Schema
  readonly bytesMax: number
}

const timeoutMs = 10_000

/** Undefined where nobody is there for `by` to see. Throws what `Peers` throws, and PeerUnreachable for an answer that is none. */
export const askAboutUser = async <Schema extends z.ZodType>(
  peers: Peers,
  { user, by, endpoint, schema, bytesMax }: Asked<Schema>,
): Promise<z.infer<Schema> | undefined> => {
  const { status, body, headers } = await peers.ask(domainOf(user), {
    method: 'GET',
    endpoint,
    parameters: { user, by },
    contentType: 'message/mls',
    body: new Uint8Array(),
    bytesMax,
    timeoutMs,
  })
  if (status === 404) return undefined
  const read = status === 200 ? schema.safeParse(jsonIn(body)) : undefined
  if (read?.success === true) return read.data
  // Whoever refuses to say it is there, and goes on being asked for everything else.
  throw new PeerUnreachable(domainOf(user), `its answer to ${endpoint} is ${status}`, secondsIn(headers), true)
}

const secondsIn = (headers: Readonly<Record<string, string | undefined>>): number | undefined => {
  const after = headers['retry-after'] ?? ''
  return /^\d{1,6}$/.test(after) ? Number(after) : undefined
}
