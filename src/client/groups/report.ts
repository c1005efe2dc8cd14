/** Telling the homeserver's operators of a message, with what the homeserver knows it again by. */
import { expectOneOf, expectText } from '../arguments.js'
import type { NewReport } from '../api/reports.js'
import { saltOf } from '../content/mimiContent.js'
import { randomId } from '../crypto/random.js'
import type { Engine } from '../engine/engine.js'
import type { MessageEvent } from '../events.js'
import { reportCategories } from '../../events/reportCategory.js'
import type { GroupId, UserId } from '../../mls/wire/ids.js'
import { tagOf } from './franking.js'

/** A message that came, or what an application kept of it. */
export type Reported = Pick<MessageEvent, 'at' | 'evidence'> & { readonly from: { readonly user: UserId } }

/** Answers the report's id, by which operators speak of it. */
export const report = async (
  engine: Engine,
  group: GroupId,
  { from, at, evidence }: Reported,
  { category, note }: NewReport,
): Promise<string> => {
  expectOneOf('report: category', category, reportCategories)
  if (note !== undefined) expectText('report: note', note)
  if (evidence === undefined) throw new TypeError('report: expected a message that is reportable')
  const { content, frank } = evidence
  const [salt, tag] = [saltOf(content), tagOf(content)]
  if (salt === undefined || tag === undefined) throw new TypeError('report: expected the evidence of a message')
  const said = { group, accused: from.user, at, content, salt, tag, frank, category }
  return engine.api.reports.make(randomId(), { ...said, ...(note === undefined ? {} : { note }) })
}
