/** What a URL asks for, where the rule lets it be asked: taken as it is written, or refused. */
import { isIP } from 'node:net'
import { OutboundRefused } from '../../ports/outbound.js'
import type { OutboundRule } from '../../ports/outbound.js'

export type Target = {
  readonly secure: boolean
  /** A name or an address, without brackets. */
  readonly host: string
  readonly isAddress: boolean
  readonly port: number
  /** As Host says it. */
  readonly authority: string
  readonly path: string
  /** An operator's own word: any address will do. */
  readonly named: boolean
}

const wellKnownMax = 1_023

/** Throws OutboundRefused. */
export const targetOf = (text: string, rule: OutboundRule): Target => {
  const url = parse(text)
  const secure = url.protocol === 'https:'
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port)
  const named = rule.named.some((name) => name === url.hostname || name === `${url.hostname}:${port}`)
  if (!named && !secure) throw new OutboundRefused(`${url.host}: asked by https alone`)
  const isAnyPort = rule.ports === 'anyAboveWellKnown' && port > wellKnownMax
  if (!named && port !== 443 && !isAnyPort) throw new OutboundRefused(`${url.host}: not asked at port ${port}`)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const path = url.pathname + url.search
  return { secure, host, isAddress: isIP(host) !== 0, port, authority: url.host, path, named }
}

/** What a parser rewrites is what filters overlook: addresses in other notations, user names, blanks, backslashes. */
const parse = (text: string): URL => {
  const written = /^https?:\/\/([^/?#\\]+)(?:[/?#]|$)/.exec(text)?.[1]
  const url = URL.canParse(text) ? new URL(text) : undefined
  const authorities = url === undefined ? [] : [url.host, `${url.host}:${url.protocol === 'https:' ? 443 : 80}`]
  const isAsWritten = written !== undefined && authorities.includes(written.toLowerCase())
  if (url === undefined || !isAsWritten || url.hostname.endsWith('.') || !/^[!-~]+$/.test(text))
    throw new OutboundRefused('the URL is not one that is asked')
  return url
}
