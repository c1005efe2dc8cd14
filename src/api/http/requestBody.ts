/** The body of a request as its route takes it: JSON or a form held against its schema, or an MLS message as it is. */
import type { Request } from 'express'
import { z } from 'zod'
import type { Limits } from '../../limits/limits.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { mediaOf, parseForm, parseJson } from './body.js'
import type { Media } from './body.js'
import { checked } from './checked.js'
import type { JsonBounds } from './jsonBounds.js'
import type { RouteShape } from './route.js'

type RequestBody = { readonly value: unknown; readonly mls: Uint8Array | undefined }

/** Of routes that take none: fields that nobody knows are errors there as well. */
const nothing = z.strictObject({})

export const readBody = (route: RouteShape, limits: Limits, request: Request): RequestBody | Rejected => {
  const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  const media = bytes.length === 0 && route.body === undefined ? 'none' : mediaOf(request.get('content-type'))
  if (media === 'mls' && route.mls === true) {
    const max = limits.mlsBodyBytesMax
    if (bytes.length > max) return reject({ code: 'too-large', max, actual: bytes.length })
    return { value: undefined, mls: new Uint8Array(bytes) }
  }
  if (media === 'none' && route.body === undefined) return { value: undefined, mls: undefined }
  const parsed = parseAs(route, limits, media, bytes)
  if ('rejected' in parsed) return parsed
  const body = checked(route.body ?? nothing, parsed.value, 'body', limits)
  return 'rejected' in body ? body : { value: body.value, mls: undefined }
}

const parseAs = (
  route: RouteShape,
  limits: Limits,
  media: Media,
  bytes: Buffer,
): { readonly value: unknown } | Rejected => {
  if (media === 'form' && route.form === true) return parseForm(bytes, limits.jsonKeysMax)
  if (media === 'json' || (media === 'none' && bytes.length === 0)) {
    return bytes.length === 0 ? { value: {} } : parseJson(bytes, boundsOf(route, limits))
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
