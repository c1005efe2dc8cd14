/** The setting LIMITS: what it changes of the limits and rates, and what of it is none. */
import { limitDefaults, rateDefaults } from '../../limits/limits.js'
import type { Limits, Rate, Rates } from '../../limits/limits.js'
import type { Reader } from './settingReaders.js'

export type LimitsChanged = { readonly limits: Partial<Limits>; readonly rates: Partial<Rates> }

const noRates = Object.fromEntries(Object.keys(rateDefaults).map((name) => [name, 'off'])) as Rates

/** `off` (no rate limits), or a JSON object over the names of limits and rates. */
export const limitsSetting: Reader<LimitsChanged> = (text) => {
  if (text === 'off') return { value: { limits: {}, rates: noRates } }
  const given = objectIn(text)
  if (given === undefined) return { wrong: ['must be off, or a JSON object over the names of limits and rates'] }
  const entries = Object.entries(given)
  const limits = entries.filter((entry) => isLimit(...entry))
  const rates = entries.filter((entry) => isRate(...entry))
  const neither = entries.filter((entry) => !isLimit(...entry) && !isRate(...entry))
  if (neither.length > 0) return { wrong: neither.map(describe) }
  return { value: { limits: Object.fromEntries(limits), rates: Object.fromEntries(rates) } }
}

const objectIn = (text: string): object | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isLimit = (name: string, value: unknown): boolean =>
  Object.hasOwn(limitDefaults, name) && Number.isSafeInteger(value) && Number(value) >= 0

const isRate = (name: string, value: unknown): boolean =>
  Object.hasOwn(rateDefaults, name) && (value === 'off' || isBucket(value))

const isBucket = (value: unknown): value is Rate =>
  typeof value === 'object' &&
  value !== null &&
  'burst' in value &&
  'everyMs' in value &&
  [value.burst, value.everyMs].every((part) => typeof part === 'number' && part > 0)

const describe = ([name, value]: [string, unknown]): string => {
  if (Object.hasOwn(limitDefaults, name)) return `gives ${name} no whole number from 0: ${JSON.stringify(value)}`
  if (Object.hasOwn(rateDefaults, name))
    return `gives ${name} neither off nor {burst, everyMs}: ${JSON.stringify(value)}`
  return `names ${name}, which is neither a limit nor a rate`
}
