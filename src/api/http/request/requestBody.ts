/** The body of a request as its route takes it: JSON or a form held against its schema, or an MLS message as it is. */
import type { Request } from 'express'
import { z } from 'zod'
import type { Limits } from '../../../limits/limits.js'
import { reject } from '../../../streams/rejection.js'
import type { Rejected } from '../../../streams/rejection.js'
import { mediaOf, parseForm, parseJson, parseLongJson, refuseBeyond, refuseFields } from './body.js'
import type { Media } from './body.js'
import { checked } from './checked.js'
import type { JsonBounds } from './jsonBounds.js'
import { isLong } from './pieces.js'
import type { RouteShape } from '../route.js'

type RequestBody = { readonly value: unknown; readonly mls: Uint8Array | undefined }

/** Of routes that take none: fields that nobody knows are errors there as well. */
const nothing = z.strictObject({})

/** What can be told of a body without making anything of it: it is refused before it is even hashed. */
export const refuseBody = (route: RouteShape, limits: Limits, request: Request): Rejected | undefined => {
  const { bytes, media } = bodyOf(route, request)
  if (media === 'form' && route.form === true) return refuseFields(bytes, limits.jsonKeysMax)
  return media === 'json' ? refuseBeyond(bytes, boundsOf(route, limits), 'body') : undefined
}

/** One that `refuseBody` let through. */
export const readBody = async (
  route: RouteShape,
  limits: Limits,
  request: Request,
): Promise<RequestBody | Rejected> => {
  const { bytes, media } = bodyOf(route, request)
  if (media === 'mls' && route.mls === true) {
    const max = limits.mlsBodyBytesMax
    if (bytes.length > max) return reject({ code: 'too-large', max, actual: bytes.length })
    return { value: undefined, mls: new Uint8Array(bytes) }
  }
  if (media === 'none' && route.body === undefined) return { value: undefined, mls: undefined }
  const parsed = await parseAs(route, media, bytes)
  if ('rejected' in parsed) return parsed
  const body = checked(route.body ?? nothing, parsed.value, 'body', limits)
  return 'rejected' in body ? body : { value: body.value, mls: undefined }
}

const bodyOf = (route: RouteShape, request: Request): { readonly bytes: Buffer; readonly media: Media } => {
  const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  return {
    bytes,
    media: bytes.length === 0 && route.body === undefined ? 'none' : mediaOf(request.get('content-type')),
  }
}

const parseAs = async (
  route: RouteShape,
  media: Media,
  bytes: Buffer,
): Promise<{ readonly value: unknown } | Rejected> => {
  if (media === 'form' && route.form === true) return parseForm(bytes)
  if (media === 'json' || (media === 'none' && bytes.length === 0)) {
    if (bytes.length === 0) return { value: {} }
    return isLong(bytes) ? parseLongJson(bytes) : parseJson(bytes, 'body')
  }
  const accepted = ['application/json']
  if (route.mls === true) accepted.push('message/mls')
  if (route.form === true) accepted.push('application/x-www-form-urlencoded')
  return reject({ code: 'unsupported-media-type', accepted })
}

const boundsOf = ({ mls }: RouteShape, limits: Limits): JsonBounds => ({
  depthMax: limits.jsonDepthMax,
  valuesMax: mls === true ? limits.mlsJsonValuesMax : limits.jsonValuesMax,
  keysMax: limits.jsonKeysMax,
})
