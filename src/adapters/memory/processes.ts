/** The processes of a server that is one process: itself, for as long as it runs. */
import type { Process, Processes } from '../../ports/processes.js'

export const openMemoryProcesses = (): Processes => {
  const alive = new Map<string, Process>()
  return {
    announce: (process) => {
      alive.set(process.process, process)
      return Promise.resolve()
    },
    list: () => Promise.resolve([...alive.values()]),
    withdraw: (process) => {
      alive.delete(process)
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
}
