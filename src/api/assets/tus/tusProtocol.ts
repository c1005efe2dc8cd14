/** tus 1.0 (tus.io/protocols/resumable-upload) as we speak it: creation, expiration, termination, and nothing that an asset has no use for. */
import { malformed, reject } from '../../../streams/rejection.js'
import type { Rejected } from '../../../streams/rejection.js'

export const tusVersion = '1.0.0'
export const tusExtensions = 'creation,expiration,termination'
export const tusMedia = 'application/offset+octet-stream'

export type HeaderOf = (name: string) => string | undefined

/** What is refused of any request, whatever it brings. Undefined: nothing. */
export const refusedOfAny = (header: HeaderOf): Rejected | undefined => {
  if (header('tus-resumable') !== tusVersion) return reject({ code: 'tus-version', supported: tusVersion })
  if (header('upload-defer-length') !== undefined) return malformed('Upload-Defer-Length: the size was reserved')
  if (header('upload-concat') !== undefined) return malformed('Upload-Concat: an asset is one upload')
  if (header('upload-metadata') !== undefined)
    return malformed('Upload-Metadata: what describes a file is for those who can read it, inside MLS')
  if (header('x-http-method-override') !== undefined) return malformed('X-HTTP-Method-Override: use the method itself')
  return undefined
}

/** Of a creation: it brings no bytes, and says the size that was reserved. */
export const refusedOfCreation = (header: HeaderOf, size: number): Rejected | undefined => {
  const length = header('upload-length')
  if (length === undefined || !/^\d{1,15}$/.test(length)) return malformed('Upload-Length: a whole number of bytes')
  if (Number(length) > size) return reject({ code: 'too-large', max: size, actual: Number(length) })
  return Number(length) === size ? undefined : malformed(`Upload-Length: ${length}, ${size} were reserved`)
}

/** Of bytes: where they go on is said, and that they are bytes. */
export const refusedOfBytes = (header: HeaderOf): Rejected | undefined => {
  if (header('content-type') !== tusMedia) return reject({ code: 'unsupported-media-type', accepted: [tusMedia] })
  return /^\d{1,15}$/.test(header('upload-offset') ?? '') ? undefined : malformed('Upload-Offset: a whole number')
}
