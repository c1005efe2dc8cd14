/** The media type of a SubmitMessageRequest: what the draft has no place for stands in it, as the signature covers it there. Pure. */
import { urgencies } from '../events/messages.js'
import type { Urgency } from '../events/messages.js'

/** What a sender says beside its message. */
export type SaidBeside = {
  /** Leaves at its epoch; undefined: it is for everybody. */
  readonly targets: readonly number[] | undefined
  readonly urgency: Urgency | undefined
}

/** The extensions that a directory names: a hub without them is not told. */
export const targetsExtension = 'targets'
export const urgencyExtension = 'urgency'

/** `message/mls; targets=1.4; urgency=silent` */
export const messageType = ({ targets, urgency }: SaidBeside): string =>
  [
    'message/mls',
    ...(targets === undefined ? [] : [`targets=${targets.join('.')}`]),
    ...(urgency === undefined || urgency === 'normal' ? [] : [`urgency=${urgency}`]),
  ].join('; ')

const form = /^message\/mls(?:; ?targets=(\d{1,10}(?:\.\d{1,10})*))?(?:; ?urgency=([a-z]+))?$/

/** Undefined for anything else: a message for some must not come to be for everybody. */
export const besideIn = (contentType: string | undefined): SaidBeside | undefined => {
  const said = form.exec(contentType ?? '')
  if (said === null) return undefined
  const [, leaves, word] = said
  const targets = leaves?.split('.').map(Number)
  const urgency = urgencies.find((one) => one === word)
  const isUnderstood = (word === undefined || urgency !== undefined) && targets?.some((leaf) => leaf > leafMax) !== true
  return isUnderstood ? { targets, urgency } : undefined
}

const leafMax = 0xffffffff
