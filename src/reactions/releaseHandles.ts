/** Gives a deleted user's handle back. */
import { handleAggregate, releaseHandle } from '../commands/account/handleReservation.js'
import { handleStream } from '../events/handle.js'
import type { Rule } from './rule.js'

export const releaseHandles: Rule = {
  name: 'releaseHandles',
  answers: ['UserDeleted'],
  react: async ({ event }, { streams, command }) => {
    if (event.type !== 'UserDeleted') return
    const { user, handleHash } = event.data
    await streams.execute(handleAggregate, handleStream(handleHash), command(user), releaseHandle(user))
  },
}
