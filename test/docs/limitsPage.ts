/** Limits as docs/limits.md writes them. */
import type { Rate } from '#src/limits/limits.js'

const units = {
  bytes: [
    [1024 * 1024, 'MiB'],
    [1024, 'KiB'],
  ],
  ms: [
    [24 * 60 * 60_000, 'd'],
    [60 * 60_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
    [1, 'ms'],
  ],
} as const

/** By the unit in its name: `…BytesMax`, `…BytesPerUserMax`, `…Ms`; else a plain number. */
export const limitText = (name: string, value: number): string => {
  if (/Bytes(Per[A-Z][a-z]+)?(Max|Min)?$/.test(name)) return inUnits(value, units.bytes)
  return /Ms(Max)?$/.test(name) ? inUnits(value, units.ms) : value.toLocaleString('en')
}
/** By the unit in its name: `bytes…`, `…Bytes…`, else a plain number. */
export const rateText = (name: string, { burst, everyMs }: Rate): string => {
  if (!/bytes/i.test(name)) return `${burst}, then 1 per ${inUnits(everyMs, units.ms)}`
  return `${inUnits(burst, units.bytes)}, then ${inUnits((60 * 60_000) / everyMs, units.bytes)} per 1 h`
}

const inUnits = (value: number, known: readonly (readonly [number, string])[]): string => {
  const [size, unit] = known.find(([each]) => value >= each) ?? [1, '']
  return `${Number((value / size).toFixed(1))} ${unit}`.trim()
}
