/** Every way a command is refused, as values: the stable `code` with the fields that a program needs (contract/problems.ts). */
import type { Refusal } from '../contract/problems.js'

export type Rejection = Refusal
export type RejectionCode = Rejection['code']

export type Rejected = { readonly rejected: Rejection }
export const reject = (rejection: Rejection): Rejected => ({ rejected: rejection })

/** The request does not have its documented form; `detail` says where, and what it should be. */
export const malformed = (detail: string): Rejected => reject({ code: 'malformed', detail })
