/** Which value of a limit holds: what an operator said, else what the settings say, else the default. */
import { limitDefaults, rateDefaults } from './limits.js'
import type { Limits, Rate, RateName, Rates } from './limits.js'
import { isLimitName, isRateName, limitRanges, rateRangeOf, unfit } from './ranges.js'
import type { Range, RateRange } from './ranges.js'

export type Amounts = { readonly limits: Limits; readonly rates: Rates }

/** What operators said, by name. */
type Said = Iterable<readonly [name: string, value: number | Rate]>

/** What is on record and does not fit this version is not applied. */
export const amountsWith = (settings: Amounts, said: Said): Amounts => {
  const fitting = [...said].filter(([name, value]) => unfit(name, value) === undefined)
  return {
    limits: { ...settings.limits, ...Object.fromEntries(fitting.filter(([name]) => isLimitName(name))) },
    rates: { ...settings.rates, ...Object.fromEntries(fitting.filter(([name]) => isRateName(name))) },
  }
}

export type Source = 'default' | 'environment' | 'operator'

/** `setting`: what holds where no operator says anything. */
export type AmountShown = {
  readonly name: keyof Limits | RateName
  readonly value: number | Rate | 'off'
  readonly source: Source
  readonly setting: number | Rate | 'off'
  readonly range: Range | RateRange
}

/** All of them, limits before rates, each in the order of its table. */
export const amountsShown = (settings: Amounts, said: Said): readonly AmountShown[] => {
  const values = [...said]
  const { limits, rates } = amountsWith(settings, values)
  const fits = new Set(values.filter(([name, value]) => unfit(name, value) === undefined).map(([name]) => name))
  const sourceOf = (name: string, setting: unknown, usual: unknown): Source => {
    if (fits.has(name)) return 'operator'
    return isSame(setting, usual) ? 'default' : 'environment'
  }
  const limitsShown = Object.keys(limitDefaults)
    .filter(isLimitName)
    .map((name) => ({
      name,
      value: limits[name],
      source: sourceOf(name, settings.limits[name], limitDefaults[name]),
      setting: settings.limits[name],
      range: limitRanges[name],
    }))
  const ratesShown = Object.keys(rateDefaults)
    .filter(isRateName)
    .map((name) => ({
      name,
      value: rates[name],
      source: sourceOf(name, settings.rates[name], rateDefaults[name]),
      setting: settings.rates[name],
      range: rateRangeOf(name),
    }))
  return [...limitsShown, ...ratesShown]
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)
