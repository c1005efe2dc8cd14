/** What a test run has left open at its end: said aloud, and ended, where mocha alone would wait for it for ever. */
import { ChildProcess } from 'node:child_process'
import { Server, Socket } from 'node:net'

/** Node has no other way to name what keeps it alive; without this only the kinds are told. */
const handles = (): readonly unknown[] =>
  (process as unknown as { _getActiveHandles?: () => readonly unknown[] })._getActiveHandles?.() ?? []

const isStandard = (handle: unknown): boolean =>
  handle === process.stdin || handle === process.stdout || handle === process.stderr

const described = (handle: unknown): string => {
  if (handle instanceof ChildProcess) return `process ${handle.pid ?? '?'}: ${handle.spawnargs.join(' ')}`
  if (handle instanceof Server) return `server at ${JSON.stringify(handle.address())}`
  if (handle instanceof Socket) return `socket to ${handle.remoteAddress ?? '?'}:${handle.remotePort ?? '?'}`
  return Object.prototype.toString.call(handle)
}

/** The children of this process that still run: nobody else ends them when the run ends. */
export const killChildren = (): void => {
  for (const handle of handles()) if (handle instanceof ChildProcess) handle.kill('SIGKILL')
}

const kinds = (): string => {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ')
}

/** Called when the last hook has run: what is open `graceMs` later ends with the process, and the run has failed. */
export const endWithin = (graceMs: number): void => {
  const end = (): void => {
    const open = handles().filter((handle) => !isStandard(handle))
    const lines = open.map((handle) => `  ${described(handle)}\n`).join('')
    process.stderr.write(`the tests have ended and left open (${kinds()}):\n${lines}`)
    // After mocha's own, which sets the number of failures.
    process.once('exit', () => (process.exitCode ||= 1))
    process.exit()
  }
  setTimeout(end, graceMs).unref()
}
