/** When a key that is named begins, and what becomes of those before it. */
import type { RotatedKind, Rotation } from '../../events/server.js'

/** `atOnce`: those before it are lost, or not to be trusted: what they made ends with them. */
export type ToRotate = Pick<Rotation, 'kind' | 'key' | 'bundle'> & { readonly atOnce?: boolean | undefined }

/** ms: when it is asked, how long before its use others must hear of it, how long tokens hold. */
export type RotationTimes = { readonly at: number; readonly noticeMs: number; readonly bearerTokenMs: number }

/** Clocks of processes differ, and one looks some seconds after another. */
const skewMs = 60_000

/** Tokens are the only ones that end by themselves; certificates say until when they hold. */
export const rotationOf = (
  { kind, key, bundle, atOnce }: ToRotate,
  { at, noticeMs, bearerTokenMs }: RotationTimes,
): Rotation => {
  const from = at + noticeMs
  const ends: Partial<Record<RotatedKind, number>> = { token: from + bearerTokenMs + skewMs }
  const until = atOnce === true ? from : ends[kind]
  return { kind, key, bundle, from, ...(until === undefined ? {} : { until }) }
}
