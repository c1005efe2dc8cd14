/** Why the server cannot start, in one line for the operator, with the exit code that scripts read. */

export const exitCodes = {
  0: 'stopped',
  1: '`events verify` found damage, or the server refused',
  64: 'usage',
  69: 'store or server unreachable',
  70: 'bug',
  74: 'disk',
  75: 'directory or port in use',
  78: 'configuration (every problem listed)',
} as const
export type ExitCode = keyof typeof exitCodes

export class StartupProblem extends Error {
  override readonly name = 'StartupProblem'
  readonly exitCode: ExitCode
  constructor(exitCode: ExitCode, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}
