/** How long an answer may be used again, by its headers (RFC 9111) and within bounds of ours. Pure. */

const minute = 60_000
const keptMsMin = minute
const keptMsMax = 24 * 60 * minute
const keptMsByDefault = 60 * minute

/** ms from when it was asked for. */
export const keptMs = (headers: { readonly [name: string]: string }): number => {
  const control = (headers['cache-control'] ?? '').toLowerCase()
  if (/(?:^|[\s,])no-(?:store|cache)(?:$|[\s,=])/.test(control)) return keptMsMin
  const maxAge = /(?:^|[\s,])max-age="?(\d{1,10})/.exec(control)?.[1]
  if (maxAge === undefined) return keptMsByDefault
  const age = /^\d{1,10}$/.test(headers['age'] ?? '') ? Number(headers['age']) : 0
  return Math.min(keptMsMax, Math.max(keptMsMin, (Number(maxAge) - age) * 1_000))
}
