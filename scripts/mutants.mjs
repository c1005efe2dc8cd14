// `npm run mutants [room …]`: breaks the source in one place after another and runs the one test that must notice. Each edit
// of test/mutants/*.json is { file, find, replace, test, only? }: `find` stands once in `file`; `only` narrows `test` to the
// tests whose titles match it. The last line is `N caught of N`; exit code 1 when an edit survives or cannot be made.
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { brokenCopy } from './mutants/brokenCopy.mjs'
import { runTests } from './mutants/runTests.mjs'
import { root } from './setup/root.mjs'

const lists = join(root, 'test', 'mutants')
const wanted = process.argv.slice(2)

const mutants = readdirSync(lists)
  .filter((name) => name.endsWith('.json') && (wanted.length === 0 || wanted.includes(name.replace('.json', ''))))
  .flatMap((name) => JSON.parse(readFileSync(join(lists, name), 'utf8')))

/** One more than there are processors: much of a test's time is waiting for a server that starts. */
const copies = Array.from({ length: Math.min(availableParallelism() + 1, 4) }, brokenCopy)
process.on('exit', () => copies.forEach(({ remove }) => remove()))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))

/** Enough that loading what they share costs little, and few enough that no copy is left with many at the end. */
const filesAtOnce = 8

/** A test that fails anyway would catch everything. */
const refuseFailingTests = async () => {
  const left = [...new Set(mutants.map(({ test }) => test))]
  const look = async ({ folder }) => {
    while (left.length > 0) {
      const { failed, passed, output } = await runTests(folder, {
        tests: left.splice(0, filesAtOnce),
        limitMs: 600_000,
      })
      if (failed === 0 && passed > 0) continue
      process.stdout.write(`${output}\nwithout an edit these tests must pass\n`)
      process.exit(1)
    }
  }
  await Promise.all(copies.map(look))
}

/** A test that waits for what an edit took away is not waited for as long as on a machine that is merely busy. */
const testMs = 30_000

/** What became of an edit: 'caught', or why not. */
const judge = async (copy, { file, find, replace, test, only }) => {
  const problem = copy.breakIn(file, find, replace)
  if (problem !== undefined) return problem
  try {
    const { failed, passed, ended } = await runTests(copy.folder, {
      tests: [test],
      only,
      limitMs: 120_000,
      bail: true,
      testMs,
    })
    if (!ended || failed > 0) return 'caught'
    return passed > 0 ? 'SURVIVED' : `NO TEST RAN: does it load, and is there ${only ?? 'any'} in ${test}?`
  } finally {
    copy.mend()
  }
}

let caught = 0
const queue = [...mutants]
const work = async (copy) => {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const began = performance.now()
    const result = await judge(copy, mutant)
    if (result === 'caught') caught++
    const tookS = ((performance.now() - began) / 1000).toFixed(1)
    const edit = `${mutant.find.trim()} → ${mutant.replace.trim()}`.replace(/\s+/g, ' ')
    process.stdout.write(`${result}  ${mutant.file}: ${edit}  (${mutant.test}, ${tookS} s)\n`)
  }
}

if (mutants.length === 0) {
  process.stderr.write(`no list in test/mutants is called ${wanted.join(', ')}\n`)
  process.exit(64)
}
await refuseFailingTests()
await Promise.all(copies.map(work))
process.stdout.write(`${caught} caught of ${mutants.length}\n`)
process.exit(caught === mutants.length ? 0 : 1)
