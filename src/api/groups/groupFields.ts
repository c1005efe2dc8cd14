/** What the routes of groups have in common in their documents. */
import { z } from 'zod'
import { groupUri } from '../http/fieldSchemas.js'

export const tag = 'Delivery Service'
export const groupParams = z.strictObject({ group: groupUri })
/** Settings as members see and admins write them. */
export const settingsField = z.strictObject({ retentionMs: z.number().int().min(1_000) })

const epochMax = 2n ** 64n - 1n
/** An epoch as a decimal string: a uint64 (RFC 9420 §8.1), exact beyond what a number holds. */
export const epochField = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,19})$/, 'an epoch is a decimal number')
  .refine((text) => /^[0-9]{1,20}$/.test(text) && BigInt(text) <= epochMax, 'an epoch has 64 bits')
