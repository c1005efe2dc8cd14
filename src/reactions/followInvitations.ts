/** Makes and ends what users invited by, where whoever recorded it could not. */
import { followInvitation } from '../commands/chains/userInvitation.js'
import type { Rule } from './rule.js'

export const followInvitations: Rule = {
  name: 'followInvitations',
  answers: ['UserInvitationIssued', 'UserInvitationRevoked'],
  react: async ({ event, id, at }, { streams }) => {
    if (event.type === 'UserInvitationIssued' || event.type === 'UserInvitationRevoked')
      await followInvitation(streams, event, { cause: id, at })
  },
}
