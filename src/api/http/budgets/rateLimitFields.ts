/**
 * RateLimit-Policy and RateLimit, as draft-ietf-httpapi-ratelimit-headers-10 has them: of each budget that a request took from, how
 * much there is when it is full (q) and the seconds in which it fills (w); how much is left (r) and the seconds until it is full (t).
 */
import type { RateName } from '../../../limits/limits.js'
import type { Standing } from './rateLimits.js'

const inBytes: ReadonlySet<RateName> = new Set<RateName>(['bytesWrittenPerUser', 'keyPackageBytesPerClient'])

export const rateLimitFields = (standings: readonly Standing[]): { readonly [name: string]: string } =>
  standings.length === 0
    ? {}
    : { 'ratelimit-policy': standings.map(policyOf).join(', '), ratelimit: standings.map(limitOf).join(', ') }

const policyOf = ({ name, rate: { burst, everyMs } }: Standing): string =>
  `"${name}";q=${Math.floor(burst)}${inBytes.has(name) ? ';qu="content-bytes"' : ''};w=${seconds(burst * everyMs)}`

const limitOf = ({ name, rate: { burst, everyMs }, left }: Standing): string =>
  `"${name}";r=${Math.max(0, Math.floor(left))};t=${seconds((burst - left) * everyMs)}`

const seconds = (ms: number): number => Math.ceil(ms / 1_000)
