/** Vectors of signed pages of revocations, written here from docs/federation.md alone: the server's own code reads them. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { utf8 } from './hex.js'
import { now } from './seededRandom.js'
import type { Town } from './town.js'

type Listed = {
  readonly cursor: string
  readonly revoked: readonly { readonly serial: string; readonly at: number }[]
  readonly next?: string
  readonly time: number
}
export type RevocationsPage = Listed & { readonly issuer: string; readonly signature: string }
export type RevocationsVector = { readonly name: string; readonly signed: string; readonly page: RevocationsPage }
export type RefusedPage = { readonly wrong: string; readonly domain: string; readonly page: RevocationsPage }

const first = { serial: '0a1b2c3d4e5f60718293a4b5c6d7e8f9', at: now - 86_400_000 }
const second = { serial: '7f00000000000000000000000000ab01', at: now - 3_600_000 }
const lists: Readonly<Record<string, Listed>> = {
  first: { cursor: '', revoked: [first], next: 'b25l', time: now },
  last: { cursor: 'b25l', revoked: [second], time: now },
  none: { cursor: '', revoked: [], time: now },
}

export const revocationVectors = ({ domain, root, intermediate, intermediateSeed, alice }: Town) => {
  const linesOf = ({ cursor, revoked, next, time }: Listed): string =>
    ['mls-homeserver revocations 1', domain, cursor, next ?? '', `${time}`]
      .concat(revoked.map(({ serial, at }) => `${serial} ${at}`))
      .join('\n')
  const issuer = toBase64url(intermediate)
  const signed = (list: Listed, by = intermediateSeed): RevocationsPage => ({
    ...list,
    issuer,
    signature: toBase64url(ed25519.sign(utf8(linesOf(list)), by)),
  })
  const page = signed(lists['first']!)
  const [client = new Uint8Array()] = alice.keys.Ed25519.certificates
  const byClient = signed(lists['first']!, alice.keys.Ed25519.signer.privateKey)
  return {
    domain,
    root: toBase64url(root),
    pages: Object.entries(lists).map(([name, list]): RevocationsVector => ({
      name,
      signed: linesOf(list),
      page: signed(list),
    })),
    refused: [
      { wrong: 'a line is left out', domain, page: { ...page, revoked: [] } },
      { wrong: 'it is said of another domain', domain: 'example.net', page },
      { wrong: 'it is older than it says', domain, page: { ...page, time: page.time + 1 } },
      { wrong: 'it is said to be the last one', domain, page: without(page) },
      { wrong: 'it answers another cursor', domain, page: { ...page, cursor: 'b25l' } },
      { wrong: 'a client signed it', domain, page: { ...byClient, issuer: toBase64url(client) } },
    ] satisfies readonly RefusedPage[],
  }
}

const without = ({ next: _next, ...page }: RevocationsPage): RevocationsPage => page
