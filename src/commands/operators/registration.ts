/** Who may register, as operators say it, and the invitations that they make: each on record, and within its issuer's quota. */
import type { OperatorsEvent, RegistrationMode } from '../../events/operators.js'
import type { Limits } from '../../limits/limits.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import { reject } from '../../streams/rejection.js'
import type { Rejected } from '../../streams/rejection.js'
import { refuseExpiry } from '../account/invitation.js'
import { onRecord } from './operators.js'
import type { Operators, RecordAct } from './operators.js'

export type ChangeRegistration = Pick<RecordAct, 'by' | 'why'> & { readonly registration: RegistrationMode }

export const changeRegistration: Decider<ChangeRegistration, Operators, OperatorsEvent> = ({
  by,
  why,
  registration,
}) => {
  const act = { by, what: { type: 'changeRegistration', registration }, why } as const
  return onRecord({ act, changed: accept({ type: 'RegistrationChanged', data: { registration } }) })
}

type MakesInvitation = RecordAct & { readonly what: Extract<RecordAct['what'], { type: 'makeInvitation' }> }

type Issued = { readonly act: MakesInvitation; /** ms */ readonly at: number } & Pick<
  Limits,
  'invitationsPerIssuerMax' | 'invitationMsMax'
>

export const issueInvitation: Decider<Issued, Operators, OperatorsEvent> = (asked) => (state) =>
  onRecord({ act: asked.act, changed: whyNot(state, asked) ?? accept() })(state)

const whyNot = ({ invitations }: Operators, asked: Issued): Rejected | undefined => {
  const { act, at, invitationsPerIssuerMax: max, invitationMsMax } = asked
  const refused = refuseExpiry(act.what.expires, at, invitationMsMax)
  if (refused !== undefined) return refused
  const own = invitations.filter((one) => one.by === act.by.token && one.expires > at)
  return own.length >= max ? reject({ code: 'limit-reached', limit: 'invitationsPerIssuerMax', max }) : undefined
}
