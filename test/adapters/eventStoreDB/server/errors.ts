/** Failures as EventStoreDB sends them: a gRPC status whose trailers name the exception. */
import { Metadata, status, type ServiceError } from '@grpc/grpc-js'
import type { Drop } from './faults.js'

const failure = (code: status, details: string, trailers: { readonly [name: string]: string } = {}): ServiceError => {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value)
  return Object.assign(new Error(details), { code, details, metadata })
}

export const notReady = (): ServiceError => failure(status.UNAVAILABLE, 'Server Is Not Ready')
export const denied = (): ServiceError =>
  failure(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' })
export const unknownUser = (): ServiceError => failure(status.UNAUTHENTICATED, 'Bad HTTP status code: 401')
export const streamDeleted = (stream: string): ServiceError =>
  failure(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  })
export const invalidPosition = (): ServiceError => failure(status.UNKNOWN, 'Unexpected ReadAllResult: InvalidPosition')
export const brokenConnection = (): ServiceError => failure(status.UNAVAILABLE, 'Connection dropped')

export const dropped = (how: Exclude<Drop, 'quiet'>): ServiceError => {
  switch (how) {
    case 'tooSlow':
      return failure(
        status.ABORTED,
        'Operation timed out: Consumer too slow to handle event while live. Client resubscription required.',
      )
    case 'unavailable':
      return brokenConnection()
    case 'internal':
      return failure(status.INTERNAL, 'Received RST_STREAM with code 2')
  }
}
