/** What a look at a server finds: good, worth to know, or wrong, with what to do. */
import type { ExitCode } from '../../compose/process/startupProblem.js'
import { startupProblemOf } from '../../compose/process/startupProblemOf.js'

export type Finding =
  | { readonly level: 'good' | 'note'; readonly what: string; readonly todo?: string }
  | { readonly level: 'wrong'; readonly what: string; readonly todo?: string; readonly exitCode: ExitCode }

/** One look: it finds what it finds, and may end with a StartupProblem, which is something wrong too. */
export type Look = AsyncGenerator<Finding, void, void>

export const good = (what: string): Finding => ({ level: 'good', what })
export const note = (what: string, todo?: string): Finding => ({
  level: 'note',
  what,
  ...(todo === undefined ? {} : { todo }),
})
export const wrong = (exitCode: ExitCode, what: string, todo?: string): Finding => ({
  level: 'wrong',
  what,
  exitCode,
  ...(todo === undefined ? {} : { todo }),
})

export const lineOf = ({ level, what, todo }: Finding): string =>
  `${level.padEnd(5)} ${what}${todo === undefined ? '' : ` → ${todo}`}`

/** A look whose end by an error that an operator can mend is one more finding: what comes after it is looked at all the same. */
export async function* toItsEnd(look: Look): Look {
  try {
    yield* look
  } catch (error) {
    const problem = startupProblemOf(error)
    if (problem === undefined) throw error
    yield wrong(problem.exitCode, problem.message)
  }
}

/** The exit code of the first thing that is wrong. */
export const exitCodeOf = (findings: readonly Finding[]): ExitCode => {
  for (const finding of findings) if (finding.level === 'wrong') return finding.exitCode
  return 0
}
