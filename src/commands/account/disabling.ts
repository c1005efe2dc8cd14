/** Keeping a user out and letting it in again, and taking its handle away, as an operator says: the later act holds, whichever was done first. */
import type { UserEvent } from '../../events/user.js'
import { accept } from '../../streams/decider.js'
import type { Decider } from '../../streams/decider.js'
import type { ActiveUser, UserState } from './user.js'

/** `act`: the number of the operator's act. Who is not there any more is not disabled either. */
export const disableUser: Decider<number, UserState, UserEvent> = (act) => (state) => {
  if (!isNews(state, act)) return accept()
  const clients = state.clients.map(({ client }) => client)
  return accept({ type: 'UserDisabled', data: { user: state.user, act, clients } })
}

export const enableUser: Decider<number, UserState, UserEvent> = (act) => (state) =>
  isNews(state, act) ? accept({ type: 'UserEnabled', data: { user: state.user, act } }) : accept()

/** Once: there is no way to another one. */
export const withdrawHandle: Decider<void, UserState, UserEvent> = () => (state) =>
  state.status === 'active' && state.handle !== ''
    ? accept({ type: 'HandleWithdrawn', data: { user: state.user } })
    : accept()

const isNews = (state: UserState, act: number): state is ActiveUser =>
  state.status === 'active' && act > (state.operated?.act ?? 0)
