/** Reports as a terminal shows them: what other people wrote moves nothing on it. */
import { readMessage } from '../../client/content/message.js'
import type { ReportListed, ReportShown } from '../../contract/reports.js'
import { fromBase64url } from '../../mls/bytes/base64url.js'
import type { ClientId } from '../../mls/wire/ids.js'
import { quoted, when } from '../printable.js'

/** `Vm0wd2QyVkhVWGhUV0doVg 2026-11-30T08:00:00.000Z spam <accused> in <group> by <reporter>`. */
export const lineOfReport = ({ report, made, category, accused, group, reporter, closed }: ReportListed): string =>
  [report, when(made), category, accused, 'in', group, 'by', reporter, ...closing(closed)].join(' ')

const closing = (closed: ReportListed['closed']): readonly string[] =>
  closed === undefined ? [] : [closed.outcome, when(closed.at)]

export const linesOfReport = (shown: ReportShown): readonly string[] => [
  lineOfReport(shown),
  `note ${shown.note === null ? '-' : quoted(shown.note)}`,
  ...(shown.evidence === null
    ? ['said nothing that is still here: it was erased, or let go']
    : [`said ${when(shown.evidence.at)} ${quoted(textIn(shown, shown.evidence.content))}`]),
]

/** As the SDK reads it to people. */
const textIn = ({ group, accused }: ReportShown, content: string): string => {
  // Which of the accused's clients it was is not known, and says nothing in a content.
  const from = { user: accused, client: '' as ClientId }
  return readMessage(fromBase64url(content) ?? new Uint8Array(), { group, from, seal: new Uint8Array() }).text
}
