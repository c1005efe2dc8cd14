// What the tests of all edits come to, and take, where nothing is broken: one that fails anyway would catch everything.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runTests } from './runTests.mjs'

/** A test file takes at most this; the longest of all takes half a minute. */
const limitMs = 600_000

/**
 * Runs what the edits run, each once: { test, only? }, since one test may need another that runs before it. Answers by
 * `nameOf` what each took, { longestMs, allMs }, or that it is `wrong`, and how.
 */
export const runWithoutEdit = async (copies, mutants) => {
  const left = [...new Map(mutants.map(({ test, only }) => [nameOf({ test, only }), { test, only }])).values()]
  const without = new Map()
  const look = async ({ folder }) => {
    const env = await programsIn(folder)
    while (left.length > 0)
      for (const { asked, result, allMs } of await runTests(folder, { next: nextOf(left), limitMs, env }))
        without.set(nameOf(asked), { longestMs: result?.longestMs, allMs, wrong: wrongIn(result) })
  }
  await Promise.all(copies.map(look))
  return without
}

export const nameOf = ({ test, only }) => (only === undefined ? test : `${test}: ${only}`)

/** Half of the time of many tests is a server's start (scripts/test/bundle.mjs). An edit breaks one module, so it needs them all. */
const programsIn = async (folder) => {
  const { bundlePrograms } = await import(pathToFileURL(join(folder, 'scripts', 'test', 'bundle.mjs')).href)
  return bundlePrograms()
}

/** The next of `left` for one process: it can load a file but once. */
const nextOf = (left) => {
  const loaded = new Set()
  return () => {
    const index = left.findIndex(({ test }) => !loaded.has(test))
    if (index < 0) return undefined
    const [asked] = left.splice(index, 1)
    loaded.add(asked.test)
    return asked
  }
}

const wrongIn = (result) => {
  if (result === undefined) return 'it does not come to an end'
  if (result.failures > 0) return result.failed.map(({ title, error }) => `${title}\n${error}`).join('\n')
  return result.passes > 0 ? undefined : 'there is no such test'
}
