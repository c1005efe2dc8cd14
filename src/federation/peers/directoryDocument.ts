/**
 * The document by which a server is found (draft-ietf-mimi-protocol-06, Directory): where its endpoints are, and, as our
 * extension under `homeserver`, by which keys it speaks and which root its users' certificates have.
 */
import { z } from 'zod'
import { peerTrustShapes } from '../../events/peer.js'
import type { PublishedKey } from '../../events/peer.js'
import { bytes } from '../../events/form/fields.js'
import { parseDomain } from '../../mls/wire/ids.js'
import type { Domain } from '../../mls/wire/ids.js'

export const directoryPath = '/.well-known/mimi-protocol-directory'
export const directoryBytesMax = 64 * 1024
/** Base64url. */
const rootCharsMax = 8 * 1024
const keysMax = 16
const statementsMax = 16
const namesMax = 64

/** A URL with its parameters in braces, none of them in its origin. */
const template = z
  .string()
  .max(2_048)
  .regex(/^https?:\/\/[^/?#{}\\@\s]+\/[!-~]*$/)

/** The old root says that the new one is its successor (rootStatement.ts). `from`, `to`: certificates, DER. */
const statement = z.object({ from: bytes, to: bytes, signature: bytes })
export type RootStatement = z.infer<typeof statement>

const homeserver = z.object({
  version: z.literal(1),
  domain: z.string().transform((text, context): Domain => {
    const parsed = parseDomain(text)
    if (parsed !== undefined) return parsed
    context.addIssue('no domain')
    return z.NEVER
  }),
  keys: peerTrustShapes.PeerSeen.schema.shape.keys.min(1).max(keysMax),
  root: bytes.min(1).max(rootCharsMax),
  rootStatements: z.array(statement).max(statementsMax).default([]),
  /** Names of what it has beyond the draft. */
  extensions: z.array(z.string().max(64)).max(namesMax).default([]),
  /** Where those are that have an address. */
  endpoints: z.record(z.string().max(64), template).default({}),
})

export type Directory = {
  /** By the draft's names, and by those of extensions. */
  readonly endpoints: Readonly<Record<string, string>>
  readonly domain: Domain
  readonly keys: readonly PublishedKey[]
  /** DER, base64url. */
  readonly root: string
  readonly rootStatements: readonly RootStatement[]
  readonly extensions: readonly string[]
}

/** The draft's endpoints are whatever stands beside `homeserver` and is a URL; what else stands there is not ours to read. */
const document = z.looseObject({ homeserver }).transform(({ homeserver: ours, ...others }): Directory => {
  const { endpoints, version: _version, ...rest } = ours
  const drafts = Object.entries(others).flatMap(([name, url]) => {
    const read = template.safeParse(url)
    return read.success ? [[name, read.data] as const] : []
  })
  return { ...rest, endpoints: { ...endpoints, ...Object.fromEntries(drafts.slice(0, namesMax)) } }
})

/** Undefined: it is no directory of a server that we can speak to. */
export const readDirectory = (body: Uint8Array): Directory | undefined => {
  try {
    return document.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))).data
  } catch {
    return undefined
  }
}

export type OwnDirectory = Omit<Directory, 'endpoints'> & {
  /** How we are reached, without a slash at the end. */
  readonly url: string
  /** Paths with their parameters in braces, by the draft's names, and of extensions. */
  readonly paths: Readonly<Record<string, string>>
  readonly extensionPaths: Readonly<Record<string, string>>
}

export const writeDirectory = ({ url, paths, extensionPaths, ...ours }: OwnDirectory): object => {
  const at = (relative: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(relative).map(([name, path]) => [name, url + path]))
  return { ...at(paths), homeserver: { version: 1, ...ours, endpoints: at(extensionPaths) } }
}

/** The URL of an endpoint; undefined where a parameter has no value. */
export const expand = (url: string, parameters: Readonly<Record<string, string>>): string | undefined => {
  const named = (name: string): string | undefined => (Object.hasOwn(parameters, name) ? parameters[name] : undefined)
  const names = Array.from(url.matchAll(parameter), ([, name = '']) => name)
  if (names.some((name) => named(name) === undefined)) return undefined
  return url.replaceAll(parameter, (_, name: string) => encodeURIComponent(named(name) ?? ''))
}

const parameter = /\{([^{}]*)\}/g
