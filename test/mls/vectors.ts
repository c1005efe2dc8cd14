/** Finds the published test vectors, which are not part of this repository; tests skip aloud where they are absent. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Refusal, Result } from '#src/mls/bytes/refusal.js'

const shared = fileURLToPath(new URL('../../../../../shared/vectors/', import.meta.url))
const directories = { mls: process.env['MLS_TEST_VECTORS'] ?? `${shared}mls`, peers: `${shared}peers` }

/** The cases of one file of the MLS working group's vectors; the running test is skipped when there is none. */
export const vectors = <T>(test: Mocha.Context, name: string): T[] => {
  const path = `${directories.mls}/${name}.json`
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as T[]
  console.log(`      skipped: no ${path}`)
  return test.skip()
}

/** The steps of one trace of other libraries' groups. */
export const trace = <T>(test: Mocha.Context, name: string): T[] => {
  const path = `${directories.peers}/${name}.jsonl`
  if (existsSync(path))
    return readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as T)
  console.log(`      skipped: no ${path}`)
  return test.skip()
}

/** Says what a test ran over. */
export const report = (text: string): void => {
  console.log(`      ${text}`)
}

export const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** The value of a result that must be one. */
export const accepted = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`refused: ${describe(result.refusal)}`)
  return result.value
}

/** The code and reason of a result that must be a refusal. */
export const refusalOf = (result: Result<unknown>): string => {
  if (result.ok) throw new Error('accepted what should have been refused')
  return `${result.refusal.code} ${result.refusal.reason}`
}

const describe = (refusal: Refusal): string => `${refusal.code} ${refusal.reason}`

/** What the work costs in CPU time, which a busy machine does not change much, in ms. */
export const cpuMsOf = (work: () => void): number => {
  const start = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

/** Hostile input is refused within this, where following it would take seconds or for ever. */
export const refusalCpuMsMax = 500
