/** What `--help` says of settings and exit codes. */
import { flagOf, settings } from './settings.js'
import type { Setting, SettingName } from './settings.js'
import { exitCodes } from '../process/startupProblem.js'

const columnWidth = 32

/** A line each: flag, help, and what holds where it is not given. */
export const helpOf = (names: readonly SettingName[]): readonly string[] =>
  names.map((name) => {
    const { value, help, default: preset, otherwise }: Setting = settings[name]
    return row(`--${flagOf(name)} ${value}`, `${help} (${preset ?? otherwise ?? ''})`)
  })

export const row = (left: string, right: string): string => `  ${left.padEnd(columnWidth)} ${right}`

export const otherFlags: readonly string[] = [
  row('--config FILE', 'a JSON file of settings, by their names in capitals'),
  row('--help, --version', 'say so, and end'),
]

export const whereSettingsStand =
  'A setting is a flag, a variable of the environment (DATA_DIR for --data-dir) or a key of the file; flags win.'

export const exitCodesLine = `Exit codes: ${Object.entries(exitCodes)
  .map(([code, meaning]) => `${code} ${meaning}`)
  .join(', ')}.`
