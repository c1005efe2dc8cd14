/** Headers beside answers that have no room for it: what was accepted, or why nothing was. Not signed: a word for people, and for what to try next. */
import { z } from 'zod'
import { readRefusal } from '../contract/problems.js'
import type { Rejection } from '../streams/rejection.js'

export const problemHeader = 'homeserver-problem'
/** The id of the fact that was accepted: the same that the follower will be sent it by. */
export const acceptedHeader = 'homeserver-accepted'

const bytesMax = 4_096
const fieldBytesMax = 1_024

/** JSON in ASCII; fields that are long are left out. */
export const problemField = (rejection: Rejection): string => {
  const small = Object.entries(rejection).filter(([, field]) => JSON.stringify(field).length <= fieldBytesMax)
  const text = ascii(JSON.stringify(Object.fromEntries(small)))
  return text.length <= bytesMax ? text : JSON.stringify({ code: rejection.code })
}

const ascii = (json: string): string =>
  json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

const said = z.looseObject({ code: z.string().max(64) })

/** As another server says it: the code and the fields that it has; undefined where that is none that we know. */
export const rejectionSaid = (field: string | undefined): Rejection | undefined => {
  const problem = problemSaid(field)
  return problem === undefined ? undefined : readRefusal(problem)
}

const problemSaid = (field: string | undefined): z.infer<typeof said> | undefined => {
  if (field === undefined || field.length > bytesMax) return undefined
  try {
    return said.safeParse(JSON.parse(field)).data
  } catch {
    return undefined
  }
}
