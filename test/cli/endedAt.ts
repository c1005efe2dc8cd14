/** Has a command end where it is about to copy a file below some directory: no sooner and no later, however busy the machine is. */

/** For Node's own arguments: the command gets the signal, and is left to what it does then. */
export const endedAt = (directory: string, signal: 'SIGKILL' | 'SIGTERM'): string => {
  const module = `
    import files from 'node:fs/promises'
    import { syncBuiltinESMExports } from 'node:module'
    import { setTimeout } from 'node:timers/promises'
    const { copyFile } = files
    files.copyFile = (from, to, mode) =>
      to.includes('/${directory}/')
        ? process.kill(process.pid, '${signal}') && setTimeout(2 ** 30)
        : copyFile(from, to, mode)
    syncBuiltinESMExports()`
  return `--import=data:text/javascript,${encodeURIComponent(module)}`
}
