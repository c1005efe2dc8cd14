/** A report as a client makes it. */
import { z } from 'zod'
import { bytesIn, described, groupUri, timeOut, userUri } from '../../contract/fields.js'
import { categoryField } from '../../contract/reports.js'
import type { Limits } from '../../limits/limits.js'
import { textUpTo } from '../http/withinLimits.js'

export const reportBody = (limits: Limits) =>
  z.strictObject({
    group: groupUri.describe('In which the message was said'),
    accused: userUri.describe('Who said it'),
    at: timeOut.describe('When it was accepted, as its queue item says, ms since 1970'),
    content: bytesIn.describe('What was said, as it was decrypted'),
    salt: bytesIn.describe('The key of the tag: inside the content'),
    tag: bytesIn.describe('What stood beside the message'),
    frank: bytesIn.describe('As its queue item has it'),
    category: categoryField,
    note: described(
      textUpTo(limits, 'reportNoteCharsMax'),
      'What the reporter adds, for operators',
      'every night',
    ).optional(),
  })
export type ReportBody = z.infer<ReturnType<typeof reportBody>>
