/** The JSON file of `--config`: its keys are the settings' environment names. */
import { readFileSync } from 'node:fs'
import type { RawSettings } from './arguments.js'
import { misspelt } from './misspelt.js'
import { settingNames } from './settings.js'

export type ConfigFile = { readonly settings: RawSettings; readonly problems: readonly string[] }

export const readConfigFile = (path: string): ConfigFile => {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('not a JSON object')
    const strangers = Object.keys(value).filter((key) => !settingNames.some((name) => name === key))
    return {
      settings: Object.fromEntries(Object.entries(value).map(([key, setting]) => [key, textOf(setting)])),
      problems: strangers.map((key) => `${path}: ${key} is not a setting${meant(key)}`),
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { settings: {}, problems: [`--config ${path}: ${reason}`] }
  }
}

/** A number, a list or an object may stand in the file as itself. */
const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value
  return Array.isArray(value) ? value.join(',') : JSON.stringify(value)
}

const meant = (key: string): string => {
  const near = misspelt(key, settingNames)
  return near === undefined ? '' : ` (is ${near} meant?)`
}
