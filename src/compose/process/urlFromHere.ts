/** How a terminal on this machine reaches the server: past the proxies in front, where it listens here without TLS. */
import { isLoopbackName } from '../../api/http/address/local.js'
import type { Config } from '../settings/config.js'

const everyAddress: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '[::]': '[::1]' }

/** What listens on every address is reached on this one. */
export const reachable = (listening: string): string => {
  const url = new URL(listening)
  url.hostname = everyAddress[url.hostname] ?? url.hostname
  return url.origin
}

/** `listening`: the URL of what it listens on. Names are checked and certificates are for names: else as clients do. */
export const urlFromHere = ({ publicUrl, tls }: Pick<Config, 'publicUrl' | 'tls'>, listening: string): string => {
  const here = new URL(reachable(listening))
  const isReached = publicUrl === undefined || (tls === undefined && isLoopbackName(here.hostname))
  return isReached ? here.origin : publicUrl
}
