/** Reports of messages, as clients make them and as operators see them. */
import { z } from 'zod'
import { reportCategory, reportId, reportOutcome } from '../events/report.js'
import { bytesOut, described, groupUri, named, placed, timeOut, userUri } from './fields.js'

export const reportField = named(reportId, {
  title: 'ReportId',
  description: 'The id of a report',
  example: 'Vm0wd2QyVkhVWGhUV0doVg',
})
export const categoryField = named(reportCategory, {
  title: 'ReportCategory',
  description: 'What is wrong with a message, in the words of who reports it',
  example: 'harassment',
})
export const outcomeField = named(reportOutcome, {
  title: 'ReportOutcome',
  description: 'Whether something was done about it',
  example: 'acted',
})

export const reportMade = z.object({ report: reportField, ...placed })

const shown = {
  report: reportField,
  made: timeOut.describe('When it was made, ms since 1970'),
  group: groupUri.describe('In which the message was said'),
  reporter: userUri.describe('Who reports it'),
  accused: userUri.describe('Who said it'),
  category: categoryField,
  closed: z
    .object({ at: timeOut.describe('When it was closed, ms since 1970'), outcome: outcomeField })
    .meta({ title: 'ReportClosed', description: 'What came of it' })
    .optional(),
}
const reportListed = z.object(shown).meta({ title: 'ListedReport', description: 'A report in a list' })
export type ReportListed = z.infer<typeof reportListed>

export const reportStatusField = described(
  z.enum(['open', 'closed']),
  'Those that wait, or those that are closed',
  'open',
)
export const reportPageField = described(
  z.string().regex(/^[0-9]{1,15}$/, 'not the `next` of a page'),
  'Where a page goes on: `next` of the one before',
  '1764450000',
)

export const reportsAnswer = z.object({
  reports: z.array(reportListed).describe('The oldest first'),
  next: reportPageField.optional().describe('The `after` of the next page, where there is one'),
})

const evidence = z
  .object({
    content: bytesOut.describe('What was said, as it was decrypted (docs/wire.md, Application content)'),
    salt: bytesOut.describe('The key of the tag'),
    tag: bytesOut.describe('What stood beside the message'),
    frank: bytesOut.describe('What this server had made of it'),
    at: timeOut.describe('When the message was accepted, ms since 1970'),
  })
  .meta({ title: 'ReportEvidence', description: 'What was said, and by what this server knew it again' })

export const reportAnswer = z
  .object({
    ...shown,
    note: described(z.string().nullable(), 'What the reporter adds; null: nothing, or it was erased', 'every night'),
    evidence: evidence
      .nullable()
      .describe(
        'Null where it was erased, or let go: a while after the report was closed, or a longer one where nobody closed it',
      ),
    ...placed,
  })
  .meta({ title: 'Report', description: 'A report with its evidence' })
export type ReportShown = z.infer<typeof reportAnswer>
