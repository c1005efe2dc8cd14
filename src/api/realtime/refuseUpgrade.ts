/** Answers a handshake that is refused, as a problem like any other, on a connection that express never sees. */
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Rejection } from '../../streams/rejection.js'
import { problemOf } from '../http/problems.js'

export const refuseUpgrade = (connection: Duplex, rejection: Rejection, requestId: string): void => {
  const problem = problemOf(rejection, requestId)
  const body = JSON.stringify(problem)
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  connection.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
