/** What an operator token lets do: each role what those before it may, and more. */
import { z } from 'zod'

/**
 * audit: history, never people; read: people and groups; operate: what is done to them, registration, limits; admin: tokens
 * and keys.
 */
export const operatorRole = z.enum(['audit', 'read', 'operate', 'admin'])
export type OperatorRole = z.infer<typeof operatorRole>

/** Whether a role may what `least` may. */
export const reaches = (role: OperatorRole, least: OperatorRole): boolean =>
  operatorRole.options.indexOf(role) >= operatorRole.options.indexOf(least)
