/** How a body is refused that cannot be read. */
import type { Refusal } from '../../mls/bytes/refusal.js'
import { malformed, reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'

export const refuseBody = ({ code, reason, max = 0 }: Refusal): Rejected => {
  if (code === 'too-large') return reject({ code, max })
  return code === 'unsupported-message' ? reject({ code, reason }) : malformed(reason)
}
