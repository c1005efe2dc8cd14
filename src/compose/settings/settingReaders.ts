/** How the text of a setting becomes its value, or what is wrong with it, in words that follow the setting's name. */
import type { BlockList } from 'node:net'
import { resolve } from 'node:path'
import { readProxies } from '../../api/http/address/trustedProxies.js'
import { parseDomain } from '../../mls/wire/ids.js'
import type { Domain } from '../../mls/wire/ids.js'

export type Read<T> = { readonly value: T } | { readonly wrong: readonly string[] }
export type Reader<T> = (text: string) => Read<T>

const wrong = (...what: readonly string[]): { readonly wrong: readonly string[] } => ({ wrong: what })

export const anyText: Reader<string> = (value) => ({ value })

/** A path, made absolute. */
export const path: Reader<string> = (text) => ({ value: resolve(text) })

export const wholeNumber =
  (max: number): Reader<number> =>
  (text) =>
    /^\d+$/.test(text) && Number(text) <= max
      ? { value: Number(text) }
      : wrong(`must be a whole number from 0 to ${max}, not ${JSON.stringify(text)}`)

export const oneOf =
  <T extends string>(...allowed: readonly T[]): Reader<T> =>
  (text) => {
    const value = allowed.find((candidate) => candidate === text)
    return value === undefined ? wrong(`must be one of ${allowed.join(', ')}, not ${JSON.stringify(text)}`) : { value }
  }

/** Addresses and networks by commas; spaces and empty parts do not count. */
export const proxies: Reader<BlockList | undefined> = (text) => {
  const read = readProxies(
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  if (!('unknown' in read)) return { value: read.addresses }
  return wrong(`must be addresses and networks by commas; ${JSON.stringify(read.unknown)} is neither`)
}

/** Host names, each with a port or without, by commas; spaces and empty parts do not count. */
export const hostNames: Reader<readonly string[]> = (text) => {
  const names = text.split(',').map((part) => part.trim().toLowerCase())
  const given = names.filter((name) => name !== '')
  const odd = given.find((name) => !/^[a-z0-9.-]+(?::\d{1,5})?$/.test(name))
  return odd === undefined ? { value: given } : wrong(`must be host names by commas, not ${JSON.stringify(odd)}`)
}

export const domain: Reader<Domain> = (text) => {
  const value = parseDomain(text)
  return value === undefined
    ? wrong(`must be a lower-case DNS name, optionally with a port, not ${JSON.stringify(text)}`)
    : { value }
}

/** Other servers' domains, each with the origin where it is asked in place of the one that its directory names, if it has one. */
export const peers: Reader<ReadonlyMap<Domain, string | undefined>> = (text) => {
  const entries = text.split(',').map((entry) => entry.trim())
  const named = new Map<Domain, string | undefined>()
  for (const entry of entries.filter((one) => one !== '')) {
    const [name = '', origin] = entry.split(/=(.*)/s, 2)
    const peer = parseDomain(name)
    if (peer === undefined || named.has(peer) || (origin !== undefined && !isOrigin(origin)))
      return wrong(
        `must be domains by commas, each once, perhaps with =http://host:port; ${JSON.stringify(entry)} is none`,
      )
    named.set(peer, origin)
  }
  return { value: named }
}

const isOrigin = (text: string): boolean =>
  /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text

/** An http(s) URL as clients will compare it: scheme and host in lower case, no default port, no slash at the end. */
export const publicUrl: Reader<string> = (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || !/^https?:\/\//i.test(text))
    return wrong(`must be a URL like https://chat.example.org, not ${JSON.stringify(text)}`)
  if (url.username !== '' || url.password !== '') return wrong('must hold no user and no password')
  if (url.search !== '' || url.hash !== '') return wrong('must end with its path, without ? and #')
  return { value: url.origin + url.pathname.replace(/\/+$/, '') }
}

/** What a store's driver reads. Never repeated in a problem: a password stands in it. */
export const storeUrl =
  (...schemes: readonly string[]): Reader<string> =>
  (text) =>
    schemes.some((scheme) => text.startsWith(scheme) && text.length > scheme.length)
      ? { value: text }
      : wrong(`must be a URL that begins with ${schemes.join(' or ')}`)

/** What S3 takes for the name of a bucket. */
export const bucketName: Reader<string> = (text) =>
  /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text)
    ? { value: text }
    : wrong(`must be 3 to 63 of a–z 0–9 . - and begin and end with a letter or digit, not ${JSON.stringify(text)}`)

/** What stands before the keys of objects, with a slash behind it. */
export const objectPrefix: Reader<string> = (text) =>
  /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*\/?$/.test(text)
    ? { value: text.replace(/\/?$/, '/') }
    : wrong(`must be words of A–Z a–z 0–9 . _ - with slashes between them, not ${JSON.stringify(text)}`)

export const operatorToken: Reader<string> = (text) =>
  /^hs_op_[A-Za-z0-9_-]{22,}$/.test(text)
    ? { value: text }
    : wrong('must be hs_op_ and at least 22 characters of A–Z a–z 0–9 _ -')
