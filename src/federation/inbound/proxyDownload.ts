/**
 * proxyDownload: a file for another server's client, of ours or of a server that we know, so that whoever keeps it does not learn who
 * wants it. No open proxy: nothing else is fetched. Our own clients' downloads go another way (docs/decisions/0025).
 */
import { z } from 'zod'
import type { Reply } from '../../api/http/route.js'
import { parseAssetId, parseDomain } from '../../mls/wire/ids.js'
import type { AssetId, Domain } from '../../mls/wire/ids.js'
import { reject } from '../../streams/rejection.js'
import type { FetchFrom } from '../peers/fetchFrom.js'
import { PeerNotFederating, PeerUnreachable } from '../peers/peerErrors.js'
import type { Trust } from '../peers/trust.js'
import { assetPieceBytesMax } from '../wire/limits.js'
import { peerRoute } from './door.js'
import type { PeerRoute } from './door.js'

export const proxyDownloadPath = '/federation/v1/proxyDownload/{downloadUrl}'

type Header = (name: string) => string | undefined

export type ProxyDownloadDependencies = {
  /** Of an asset, ours or another server's; `who`: for its share of what is passed on at once. */
  readonly download: (who: string, asset: AssetId, header: Header) => Promise<Reply>
  readonly trust: Pick<Trust, 'standingOf'>
  readonly fetchFrom: FetchFrom
}

export const proxyDownloadRoute = (deps: ProxyDownloadDependencies): PeerRoute =>
  peerRoute({
    method: 'get',
    path: proxyDownloadPath,
    tag: 'Federation',
    summary: 'Fetch a file in the peer’s place',
    description:
      'The bytes of an asset, ours or of a server that is known here, by its id and the header Asset-Capability; or of an https URL whose host is the domain of such a server, at most 1 MiB in one answer (too-large beyond: ask for ranges). Range, If-Range and If-None-Match are passed on. Anything else is refused.',
    access: 'peer',
    params: z.strictObject({ downloadUrl: z.string().min(1).max(2_048) }),
    headers: {
      'Asset-Capability': { description: 'Of an asset: what opens it', schema: z.string() },
      Range: { description: 'One range of bytes', schema: z.string() },
    },
    success: { status: 200, bytes: 'application/octet-stream' },
    also: [{ status: 206, description: 'The range, as Content-Range says', bytes: 'application/octet-stream' }],
    problems: [
      'no-such-asset',
      'range-not-satisfiable',
      'too-large',
      'peer-unreachable',
      'peer-not-federating',
      'not-allowed',
    ],
    answer: async ({ principal, params: { downloadUrl }, header, charge }) => {
      const asset = parseAssetId(downloadUrl)
      const pays = (bytes: number) =>
        charge(principal.domain, [{ rate: 'assetBytesPerPeer', key: principal.domain, cost: bytes }])
      // How long a file elsewhere is shows once it was fetched: that is paid for as the longest, and before.
      const limited = await pays(costOfAsking + (asset === undefined ? assetPieceBytesMax : 0))
      if (limited !== undefined) return limited
      if (asset === undefined) return fetched(deps, downloadUrl, header)
      const reply = await deps.download(`peer ${principal.domain}`, asset, header)
      if ('rejected' in reply || reply.stream === undefined) return reply
      return (await pays(reply.stream.length ?? 0)) ?? reply
    },
  })

const costOfAsking = 4_096

const noProxy = reject({ code: 'not-allowed', capability: 'proxyDownload' })

const fetched = async (
  { trust, fetchFrom }: ProxyDownloadDependencies,
  url: string,
  header: Header,
): Promise<Reply> => {
  const peer = hostIn(url)
  const standing = peer === undefined ? undefined : await trust.standingOf(peer)
  if (peer === undefined || standing?.wasSeen !== true || !standing.isSpokenTo) return noProxy
  try {
    const answer = await fetchFrom(peer, url, passedOn(header, asked))
    if (answer === undefined) return reject({ code: 'too-large', max: assetPieceBytesMax })
    const { status, headers, body } = answer
    if (status === 304) return { status, headers: passedOn((name) => headers[name], answered) }
    if (status === 404 || status === 410) return reject({ code: 'no-such-asset' })
    if (status !== 200 && status !== 206) return reject({ code: 'peer-unreachable', domains: [peer] })
    return {
      status,
      headers: { ...passedOn((name) => headers[name], answered), ...asBytes },
      stream: { length: body.length, bytes: () => once(body) },
    }
  } catch (error) {
    if (error instanceof PeerUnreachable) return reject({ code: 'peer-unreachable', domains: [peer] })
    if (error instanceof PeerNotFederating) return noProxy
    throw error
  }
}

/** The domain whose server answers at a URL; undefined for another scheme, and for names that are not written as they are. */
const hostIn = (url: string): Domain | undefined => {
  if (!URL.canParse(url)) return undefined
  const { host } = new URL(url)
  return url.startsWith(`https://${host}/`) ? parseDomain(host) : undefined
}

const asked = ['range', 'if-range', 'if-none-match'] as const
const answered = ['etag', 'content-range', 'accept-ranges'] as const

const passedOn = (of: Header, names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = of(name)
      return value === undefined ? [] : [[name, value]]
    }),
  )

/** Whatever it says it is. */
const asBytes = { 'content-type': 'application/octet-stream', 'content-disposition': 'attachment' }

// eslint-disable-next-line @typescript-eslint/require-await -- what is streamed is asked for as it is wanted
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
