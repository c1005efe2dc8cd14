/** What a process uses, as the kernel counts it: on Linux only. */
import { readFile } from 'node:fs/promises'

/** CPU time of its main thread, ms, by the scheduler's own count. */
export const mainThreadMs = async (pid: number): Promise<number> =>
  Number((await readFile(`/proc/${pid}/task/${pid}/schedstat`, 'utf8')).split(' ')[0]) / 1e6

export const residentMiB = async (pid: number): Promise<number> =>
  Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
