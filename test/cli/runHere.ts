/** `homeserver` in this process, which is quicker than one of its own; what it says is what people would read. */
import { noProgress } from '#src/cli/progress.js'
import { runCommand } from '#src/cli/runCommand.js'
import { startupProblemOf } from '#src/compose/process/startupProblemOf.js'
import type { Ran } from './runCli.js'

/** As `runCli` answers. */
export const runHere = async (
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<Ran> => {
  const [out, said]: [string[], string[]] = [[], []]
  const to = (lines: string[]) => (line: string) => void lines.push(line)
  const complain = (what: string): void => void said.push(`homeserver: ${what}`)
  const ended = (code: number): Ran => ({ code, out: out.join('\n').trim(), said: said.join('\n').trim() })
  try {
    return ended(
      await runCommand(args, { env: { ...settings }, progress: noProgress, say: to(out), note: to(said), complain }),
    )
  } catch (error) {
    const problem = startupProblemOf(error)
    if (problem === undefined) throw error
    complain(problem.message)
    return ended(problem.exitCode)
  }
}
