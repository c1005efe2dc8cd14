// `npm run mutants [room, source or test …]`: breaks the source in one place after another and runs the one test that must
// notice. Each edit of test/mutants/*.json is { file, find, replace, test, only? }: `find` stands once in `file`; `only`
// narrows `test` to the tests whose titles match it, which is worth it where the others take long. Each line has the test that
// noticed; the last one is `N caught of N`; exit code 1 when an edit survives or cannot be made.
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { brokenCopy } from './mutants/brokenCopy.mjs'
import { judge } from './mutants/judge.mjs'
import { runWithoutEdit } from './mutants/withoutEdit.mjs'
import { root } from './setup/root.mjs'

const lists = join(root, 'test', 'mutants')
const wanted = process.argv.slice(2)

const mutants = readdirSync(lists)
  .filter((name) => name.endsWith('.json'))
  .flatMap((name) => {
    const edits = JSON.parse(readFileSync(join(lists, name), 'utf8'))
    const isWanted = (...names) => wanted.length === 0 || wanted.some((one) => names.includes(one))
    return edits.filter(({ file, test }) => isWanted(name.replace('.json', ''), file, test))
  })

/** More than there are processors: much of a test's time is waiting, for a server that starts or for what an edit took away. */
const copies = Array.from({ length: Math.min(availableParallelism() + 3, 6) }, brokenCopy)
process.on('exit', () => copies.forEach(({ remove }) => remove()))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))

if (mutants.length === 0) {
  process.stderr.write(`no edit in test/mutants is of ${wanted.join(', ')}\n`)
  process.exit(64)
}
const without = await runWithoutEdit(copies, mutants)
for (const [name, { wrong }] of without)
  if (wrong !== undefined) process.stdout.write(`without an edit this must pass: ${name}\n${wrong}\n`)

let caught = 0
let waited = 0
const queue = [...mutants]
const work = async (copy) => {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const began = performance.now()
    const verdict = await judge(copy, mutant, without)
    if (verdict.result === 'caught') caught++
    if (verdict.waited) waited++
    const tookS = ((performance.now() - began) / 1000).toFixed(1)
    const edit = `${mutant.find.trim()} → ${mutant.replace.trim()}`.replace(/\s+/g, ' ')
    const by = verdict.by === undefined ? '' : `${verdict.waited ? ', waited for' : ''}: ${verdict.by}`
    process.stdout.write(`${verdict.result}  ${mutant.file}: ${edit}  (${mutant.test}, ${tookS} s${by})\n`)
  }
}

await Promise.all(copies.map(work))
if (waited > 0) process.stdout.write(`${waited} by waiting for what never came\n`)
process.stdout.write(`${caught} caught of ${mutants.length}\n`)
process.exit(caught === mutants.length ? 0 : 1)
