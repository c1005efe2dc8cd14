/** How clients reach the server: by PUBLIC_URL; else where it listens; where that is every address, by the Host a request names. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { RequestListener } from 'node:http'
import type { Config } from '../settings/config.js'

export type PublicUrl = {
  /** Without a slash at the end; within a request, as that one has it. */
  readonly now: () => string
  /** Says where the server listens, once it does. */
  readonly listening: (url: string) => void
  /** Whether requests have a say in it. */
  readonly byHost: boolean
  /** Lets everything that answers a request know which Host it named. */
  readonly wrap: (listener: RequestListener) => RequestListener
}

export const publicUrlOf = ({ publicUrl, host, tls }: Pick<Config, 'publicUrl' | 'host' | 'tls'>): PublicUrl => {
  let listeningAt = ''
  const byHost = publicUrl === undefined && isEveryAddress(host)
  const named = new AsyncLocalStorage<string>()
  const wrap = (listener: RequestListener): RequestListener => {
    if (!byHost) return listener
    return (request, response) => {
      const url = urlAt(tls === undefined ? 'http' : 'https', request.headers.host) ?? listeningAt
      named.run(url, () => {
        listener(request, response)
      })
    }
  }
  return {
    now: () => publicUrl ?? named.getStore() ?? listeningAt,
    listening: (url) => {
      listeningAt = url
    },
    byHost,
    wrap,
  }
}

/** 0.0.0.0 and ::, however they are written. */
const isEveryAddress = (host: string): boolean => {
  const url = `http://${host.includes(':') ? `[${host}]` : host}`
  return URL.canParse(url) && ['0.0.0.0', '[::]'].includes(new URL(url).hostname)
}

/** A name or an address, with a port or without: it stands in documents, so nothing else may come with it. */
const hostShape = /^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i

const urlAt = (scheme: 'http' | 'https', host: string | undefined): string | undefined => {
  if (host === undefined || !hostShape.test(host)) return undefined
  const url = `${scheme}://${host}`
  return URL.canParse(url) ? new URL(url).origin : undefined
}
