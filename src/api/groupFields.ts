/** What the routes of groups have in common in their documents. */
import { z } from 'zod'
import { groupUri } from './fields.js'

export const tag = 'Delivery Service'
export const groupParams = z.strictObject({ group: groupUri })
/** Settings as members see and admins write them. */
export const settingsField = z.strictObject({ retentionMs: z.number().int().min(1_000) })
