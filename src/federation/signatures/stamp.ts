/** The parameters of a signature: when, until when, once, by which key, and that it is one of ours. */
import type { Parameters } from 'structured-headers'

/** What other signatures of the same key are not: one for another purpose never passes for one of these. */
export const tag = 'mls-homeserver-1'
/** A request may be on its way for so long, s. */
export const validSecondsMax = 60

/** Seconds since 1970. */
export type RequestStamp = {
  readonly created: number
  readonly expires: number
  readonly nonce: string
  readonly keyid: string
}
export type AnswerStamp = Pick<RequestStamp, 'created' | 'keyid'>

export const requestParameters = ({ created, expires, nonce, keyid }: RequestStamp): Parameters =>
  new Map(Object.entries({ created, expires, nonce, keyid, tag }))

export const answerParameters = ({ created, keyid }: AnswerStamp): Parameters =>
  new Map(Object.entries({ created, keyid, tag }))

/** Undefined: they are not exactly these, or not in their form. In any order: the signature covers the one they have. */
export const readRequestStamp = (parameters: Parameters): RequestStamp | undefined => {
  const { created, expires, nonce, keyid, ...rest } = Object.fromEntries(parameters)
  if (!isOurs(rest) || !isTime(created) || !isTime(expires)) return undefined
  return matches(nonceForm, nonce) && matches(keyIdForm, keyid) ? { created, expires, nonce, keyid } : undefined
}

export const readAnswerStamp = (parameters: Parameters): AnswerStamp | undefined => {
  const { created, keyid, ...rest } = Object.fromEntries(parameters)
  return isOurs(rest) && isTime(created) && matches(keyIdForm, keyid) ? { created, keyid } : undefined
}

/** 128 bits at least, base64url. */
const nonceForm = /^[A-Za-z0-9_-]{22,64}$/
export const keyIdForm = /^[A-Za-z0-9_-]{1,64}$/

const isOurs = ({ tag: said, ...others }: Record<string, unknown>): boolean =>
  said === tag && Object.keys(others).length === 0
const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value)
const matches = (form: RegExp, value: unknown): value is string => typeof value === 'string' && form.test(value)
