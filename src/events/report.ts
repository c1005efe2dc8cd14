/**
 * Facts about one report of a message, in `report-<16 bytes, base64url>`. Neither the message's time nor anything else of it is
 * here: with that, whoever reads the log could tell who sent which message.
 */
import { z } from 'zod'
import { blobReference, groupId, underSubjectKey, userId } from './form/fields.js'
import { parserOf } from './form/parser.js'
import type { EventOf } from './form/parser.js'
import { reportCategories } from './reportCategory.js'

export const reportId = z.string().regex(/^[A-Za-z0-9_-]{21}[AQgw]$/, 'not the id of a report')

export const reportCategory = z.enum(reportCategories)

/** Whether something was done about it. */
export const reportOutcome = z.enum(['acted', 'dismissed'])
export type ReportOutcome = z.infer<typeof reportOutcome>

export const reportShapes = {
  /** `evidence`: what was said and what proves it, under the subject key of `keeper`; `note`: the reporter's words, under its own. */
  ReportMade: {
    schema: z.object({
      report: reportId,
      group: groupId,
      reporter: userId,
      accused: userId,
      category: reportCategory,
      evidence: blobReference,
      keeper: userId,
      note: underSubjectKey.optional(),
    }),
  },
  /** `act`: the number of the operator's act that it follows from (operators.ts). */
  ReportClosed: { schema: z.object({ report: reportId, act: z.number().int().min(1), outcome: reportOutcome }) },
  /** Nobody needs its evidence any more: the blob is let go. */
  ReportExpired: { schema: z.object({ report: reportId }) },
} as const
export type ReportEvent = EventOf<typeof reportShapes>
export const parseReportEvent = parserOf(reportShapes)
export const reportStream = (report: string): string => `report-${report}`
