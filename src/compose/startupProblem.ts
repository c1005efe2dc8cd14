/** Why the server cannot start, in one line for the operator, with the exit code that scripts read. */

/** 64 usage, 69 store unreachable, 70 bug, 74 disk error, 75 data directory or port in use, 78 configuration. */
export type ExitCode = 0 | 64 | 69 | 70 | 74 | 75 | 78

export class StartupProblem extends Error {
  override readonly name = 'StartupProblem'
  readonly exitCode: ExitCode
  constructor(exitCode: ExitCode, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}
