/** stdout and stderr that may lose their reader (EPIPE), their terminal (EIO) or their disk (ENOSPC) without ending the process. */

/** Before anything is written. What cannot be written is lost: there is nobody left to say so to. */
export const outliveReaders = (): void => {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
}

export const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** For people, in one line. */
export const complain = (what: string): void =>
  void process.stderr.write(`homeserver: ${what.replaceAll(/\s*\n\s*/g, ' ')}\n`)

/** For whoever mends the code: with its stack. */
export const complainOfBug = (what: string, error: unknown): void => {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`homeserver: bug: ${what}: ${text}\n`)
}
