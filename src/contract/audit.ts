/** What was, as auditors are told. */
import { z } from 'zod'
import {
  cipherSuiteField,
  clientUri,
  described,
  epochField,
  leafIndexField,
  roleField,
  timeOut,
  userUri,
} from './fields.js'
import { removalReason } from '../events/group.js'
import { registrationMode } from '../events/operators.js'
import { limitValueField, maintenanceField } from './limits.js'

const whole = (description: string, example: number) => described(z.number().int(), description, example)

/** A position or a time. */
export const momentField = described(
  z.string().regex(/^(?:\d{1,16}|\d{4}-\d{2}-\d{2}T[0-9:.]{5,12}Z)$/, 'no position, and no time as ISO 8601 has it'),
  'A position in the log, or a time',
  '2026-11-29T12:00:00Z',
)

const asOf = z
  .object({
    revision: whole('Its place in its stream', 3),
    position: whole('Its place in the log', 17),
    at: timeOut.describe('When it was written, ms since 1970'),
  })
  .meta({ title: 'AsOf', description: 'The last event that an answer is made of' })
  .optional()
  .describe('Absent where there was none yet')

const groupStatus = described(
  z.enum(['none', 'reserved', 'active', 'reset', 'deleted']),
  'How the group stood',
  'active',
)
const userStatus = described(z.enum(['absent', 'abandoned', 'active', 'deleted']), 'How the user stood', 'active')

const seat = z
  .object({ client: clientUri, leafIndex: leafIndexField })
  .meta({ title: 'SeatAsOf', description: 'A client and its leaf' })
const member = z
  .object({ user: userUri, role: roleField, clients: z.array(seat).describe('Its clients in the group') })
  .meta({ title: 'MemberAsOf', description: 'A user in a group' })
const removal = z
  .object({ leafIndex: leafIndexField, client: clientUri, reason: described(removalReason, 'Why', 'clientRemoved') })
  .meta({ title: 'RemovalAsOf', description: 'A leaf that the next Commit had to remove' })

export const groupAsOf = z.object({
  asOf,
  status: groupStatus,
  epoch: epochField.optional().describe('Of an active one'),
  members: z.array(member).optional().describe('By the leaves of their clients'),
  removals: z.array(removal).optional().describe('What the next Commit had to remove'),
  settings: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('As members set them')
    .meta({ title: 'GroupSettingsAsOf', examples: [{ retentionMs: 2_592_000_000 }] }),
})

export const userAsOf = z.object({
  asOf,
  status: userStatus,
  clients: z.array(clientUri).optional().describe('Those it had'),
  discovery: described(z.string(), 'Who found it', 'exact').optional(),
  claims: described(z.string(), 'Who could claim its KeyPackages', 'anyone').optional(),
})

const stock = z
  .object({
    cipherSuite: cipherSuiteField,
    count: whole('So many, the last resort not counted', 20),
    lastResort: described(z.boolean(), 'Whether there was one of last resort', true),
  })
  .meta({ title: 'StockAsOf', description: 'What was left of one ciphersuite' })

export const stockAsOf = z.object({
  asOf,
  closed: described(z.boolean(), 'Whether the client was gone', false),
  stock: z.array(stock).describe('By ciphersuite'),
})

export const limitsAsOf = z.object({
  asOf,
  limits: z.record(z.string(), limitValueField).meta({
    description: 'Those that an operator had set, by name: of the others the settings said, which are in no log',
    examples: [{ groupMembersMax: 500 }],
  }),
})

export const maintenanceAsOf = z.object({ asOf, maintenance: maintenanceField })

export const registrationAsOf = z.object({
  asOf,
  registration: described(
    z.enum([...registrationMode.options, 'setting']),
    'Who could register, as an operator had said; `setting`: nobody had, and REGISTRATION held',
    'invitation',
  ),
})
