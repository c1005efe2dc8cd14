/** One request at the operators' door, and what its answer means for whoever typed the command. */
import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { StartupProblem } from '../../compose/process/startupProblem.js'
import type { ExitCode } from '../../compose/process/startupProblem.js'
import { operatorPath } from '../../contract/operators.js'
import type { Door } from './door.js'

export type Question = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Behind `/v1/operator`. */
  readonly path: string
  readonly body?: object
}

const answerMsMax = 30_000

/** Throws StartupProblem with what the server says, or that it says nothing. */
export const askDoor = async <Answer extends z.ZodType>(
  door: Door,
  { method, path, body }: Question,
  answer: Answer,
): Promise<z.infer<Answer>> => {
  const { ok, status, said } = await askServer(door.url, `${operatorPath}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${door.token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!ok) throw refusal(door, status, said)
  const read = answer.safeParse(said)
  if (read.success) return read.data
  throw new StartupProblem(69, `what answers at ${door.url} is no server of this version`)
}

/** `said`: its JSON; undefined where it is none. */
type Heard = { readonly ok: boolean; readonly status: number; readonly said: unknown }

/** Throws StartupProblem where nothing answers. */
export const askServer = async (url: string, path: string, asked: RequestInit): Promise<Heard> => {
  // A token is for the server that was named, not for whoever it names.
  const bounds = { redirect: 'error', signal: AbortSignal.timeout(answerMsMax) } as const
  const response = await fetch(`${url}${path}`, { ...asked, ...bounds }).catch((error: unknown) => {
    throw new StartupProblem(69, `no server answers at ${url}: ${reasonOf(error)}`)
  })
  const said: unknown = await response.json().catch(() => undefined)
  return { ok: response.ok, status: response.status, said }
}

const reasonOf = (error: unknown): string => {
  const { cause } = error as { readonly cause?: unknown }
  const said = cause instanceof Error && cause.message !== '' ? cause : error
  return said instanceof Error ? said.message : String(said)
}

const refusal = ({ url }: Door, status: number, said: unknown): StartupProblem => {
  const { code, title, detail } = (said ?? {}) as { readonly [field: string]: unknown }
  const words = [title, detail].filter((one) => typeof one === 'string').join(': ')
  if (code === 'token-expired') return new StartupProblem(78, `the operator token has expired at ${url}`)
  if (status === 401) return new StartupProblem(78, `the operator token is not the one that holds at ${url}`)
  if (code === 'no-such-route')
    return new StartupProblem(69, `no operators are listened to at ${url}: name OPERATOR_PORT of the server by --url`)
  if (typeof code !== 'string')
    return new StartupProblem(69, `what answers at ${url} is no server of this version (${status})`)
  return new StartupProblem(exitCodeOf(status), `refused (${code}): ${words}`)
}

const exitCodeOf = (status: number): ExitCode => {
  if (status === 400) return 64
  if (status === 507) return 74
  if (status === 503) return 69
  return status === 500 ? 70 : 1
}
