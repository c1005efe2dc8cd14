// What became of an edit: whether its test noticed, and how.
import { nameOf } from './withoutEdit.mjs'
import { runTests } from './runTests.mjs'

/**
 * A test that waits for what an edit took away is waited for in relation to what the longest test or hook took without it.
 * An edit is run with programs of a thousand modules, which start in three times the time of bundled ones, and maybe
 * while more is running than then: it is not to be caught by a slow machine.
 */
const timesAsLong = 8
const testMsMin = 10_000
const startMs = 10_000

export const patienceOf = ({ longestMs, allMs }) => {
  const testMs = Math.ceil(Math.max(testMsMin, timesAsLong * longestMs))
  return { testMs, limitMs: startMs + testMs + timesAsLong * Math.ceil(allMs) }
}

/** Answers { result, by? }: `result` is 'caught' or why not, `by` the test that failed, or that it was waited for. */
export const judge = async (copy, { file, find, replace, test, only }, without) => {
  const alone = without.get(nameOf({ test, only }))
  // It would catch everything.
  if (alone.wrong !== undefined) return { result: 'FAILS WITHOUT THE EDIT' }
  const problem = copy.breakIn(file, find, replace)
  if (problem !== undefined) return { result: problem }
  const { testMs, limitMs } = patienceOf(alone)
  const left = [{ test, only }]
  const options = ['--bail', '--timeout', String(testMs)]
  try {
    const [became] = await runTests(copy.folder, { next: () => left.shift(), limitMs, options })
    return verdictOf(became, test, only)
  } finally {
    copy.mend()
  }
}

const verdictOf = (became, test, only) => {
  if (became !== undefined && !became.inTime) return { result: 'caught', by: 'it never ends', waited: true }
  const { result } = became ?? {}
  if (result === undefined || result.isLoaded === false || result.passes + result.failures === 0)
    return { result: `NO TEST RAN: does it load, and is there ${only ?? 'any'} in ${test}?` }
  const [failed] = result.failed
  if (failed === undefined) return { result: 'SURVIVED' }
  return { result: 'caught', by: failed.title, waited: /^Error: Timeout of \d+ms exceeded/.test(failed.error) }
}
